"""Writing a draft: begun, saved after every act, undone and done again; nobody's words are written over.

Each saving is a state with a number. Undoing saves the state before as a new one, which remembers the way forth; so a
history survives a reload and is the same for everybody who looks. Publishing begins a new one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from accounts import audit
from accounts.models import AuditEvent, User
from leads.segments import looked
from newsletter.sequences import publishing
from newsletter.sequences.models import DraftState, Sequence, SequenceState
from newsletter.sequences.plan.document import Plan, write
from newsletter.sequences.plan.reading import read

MOST_STATES = 200
ONE_BREATH = timedelta(seconds=10)
"""What one person changes in one place, at most so long after the last time, is undone together."""
LONGEST_KEY = 30
DISCARDED = "sequence.discarded"


class Published(Exception):
    """It was published once: people may have come in, and what it did is not taken out of the books."""


class NothingThere(Exception):
    """There is nothing to undo, or nothing to do again."""


@dataclass(frozen=True, slots=True)
class Act:
    """A plan as somebody made it out of the draft of this number, and what they did: acts alike are undone together."""

    plan: Plan
    number: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """Whether something can be undone, and done again."""

    back: bool = False
    forth: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """The numbers of the states that undoing and doing again lead to."""

    back: int | None
    forth: int | None


@transaction.atomic
def begin(name: str, *, topic: str, by: User, now: datetime) -> Sequence:
    """A new sequence with an empty plan; nobody enters it before it is published."""
    made = Sequence.objects.create(
        key=_key(name),
        name=name,
        topic=topic,
        state=SequenceState.DRAFT,
        draft=write(Plan()),
        draft_at=now,
        draft_by=by,
    )
    audit.record("sequence.begun", subject=f"sequence:{made.pk}", by=by, name=name)
    return made


def about(sequence: Sequence) -> str:
    """A short mark that changes with what is no part of its plan."""
    return looked.mark([sequence.name, sequence.topic, sequence.priority])


@transaction.atomic
def change(sequence: Sequence, *, seen: str, by: User, **values: Any) -> None:
    """What is no part of the plan: its name, what it is about, how important it is. From now on, for everybody.

    `seen` is the mark of what was there when somebody looked; raises Overtaken where it is something else by now.
    """
    found = Sequence.objects.select_for_update(no_key=True).get(pk=sequence.pk)
    if about(found) != seen:
        raise publishing.Overtaken
    Sequence.objects.filter(pk=found.pk).update(**values)
    audit.record("sequence.changed", subject=f"sequence:{sequence.pk}", by=by, **values)


@transaction.atomic
def discard(sequence_id: int, *, by: User) -> None:
    """Delete a draft that was never published; mails that were written for it stay. Raises Published."""
    sequence = Sequence.objects.select_for_update().get(pk=sequence_id)
    if sequence.state != SequenceState.DRAFT or sequence.versions.exists():
        raise Published
    steps = [words["kind"] for words in (sequence.draft or {}).get("steps", [])]
    detail = {"name": sequence.name, "key": sequence.key, "steps": steps}
    audit.record(DISCARDED, subject=f"sequence:{sequence.pk}", by=by, **detail)
    sequence.delete()


def discarded() -> set[str]:
    """The keys of drafts that somebody deleted."""
    return set(AuditEvent.objects.filter(act=DISCARDED).values_list("detail__key", flat=True))


@transaction.atomic
def keep(sequence: Sequence, act: Act, *, by: User, now: datetime) -> int:
    """Save what was done; the number of the draft from then on. Raises Overtaken, and Unreadable before it is saved."""
    read(write(act.plan))
    before = publishing.draft(sequence)
    if act.plan == before and act.number == sequence.draft_number:
        return act.number
    number = publishing.save(sequence.pk, act.plan, number=act.number, by=by, now=now)
    state = _state(sequence, act.number, before, by, now)
    is_alike = act.said and state.act == act.said and state.by_id == by.pk and now - state.at < ONE_BREATH
    back = state.back if is_alike and state.back is not None else act.number
    made = DraftState(sequence=sequence, number=number, plan=write(act.plan), back=back, act=act.said, at=now, by=by)
    made.last_key = max(state.last_key, _largest(act.plan))
    _note(made)
    return number


@transaction.atomic
def undo(sequence: Sequence, number: int, *, by: User, now: datetime) -> int:
    """As it was before the last act; raises NothingThere, Overtaken."""
    here = _here(sequence, number)
    target = _there(sequence, here.back)
    return _return(here, target, Way(target.back, number), by=by, now=now)


@transaction.atomic
def redo(sequence: Sequence, number: int, *, by: User, now: datetime) -> int:
    """What was undone, done again; raises NothingThere, Overtaken."""
    here = _here(sequence, number)
    target = _there(sequence, here.forth)
    return _return(here, target, Way(number, target.forth), by=by, now=now)


def ways(sequence: Sequence) -> Ways:
    """What can be done to the draft as it stands."""
    here = sequence.states.filter(number=sequence.draft_number).first()
    if here is None:
        return Ways()
    there = set(sequence.states.filter(number__in=[here.back or 0, here.forth or 0]).values_list("number", flat=True))
    return Ways(here.back in there, here.forth in there)


def fresh_key(sequence: Sequence, plan: Plan) -> int:
    """A key that no step of this sequence ever had, published or not."""
    last = sequence.states.aggregate(last=Max("last_key"))["last"] or 0
    return max(publishing.fresh_key(sequence, plan), last + 1)


def _return(here: DraftState, target: DraftState, way: Way, *, by: User, now: datetime) -> int:
    plan, sequence = read(target.plan), here.sequence
    number = publishing.save(sequence.pk, plan, number=here.number, by=by, now=now)
    made = DraftState(sequence=sequence, number=number, plan=target.plan, back=way.back, forth=way.forth, at=now, by=by)
    made.last_key = here.last_key
    _note(made)
    return number


def _state(sequence: Sequence, number: int, plan: Plan, by: User, now: datetime) -> DraftState:
    """The state of this number; where the history begins with it, it is noted first."""
    defaults = {"plan": write(plan), "last_key": _largest(plan), "at": sequence.draft_at or now, "by": by}
    return DraftState.objects.get_or_create(sequence=sequence, number=number, defaults=defaults)[0]


def _note(state: DraftState) -> None:
    state.save(force_insert=True)
    state.sequence.states.filter(number__lte=state.number - MOST_STATES).delete()


def _here(sequence: Sequence, number: int) -> DraftState:
    if number != sequence.draft_number:
        raise publishing.Overtaken
    return _there(sequence, number)


def _there(sequence: Sequence, number: int | None) -> DraftState:
    found = None if number is None else sequence.states.filter(number=number).first()
    if found is None:
        raise NothingThere
    return found


def _largest(plan: Plan) -> int:
    return max((step.key for step in plan.every()), default=0)


def _key(name: str) -> str:
    """One that no other sequence has, made of its name."""
    stem = slugify(name)[:LONGEST_KEY].strip("-") or "sequence"
    taken = set(Sequence.objects.filter(key__startswith=stem).values_list("key", flat=True))
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)
