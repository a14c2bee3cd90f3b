"""What becomes of a way whose moment has come. Pure: rows, plans and answers in, moves out.

The engine carries these moves out; the simulator, the forecast and whoever asks who would get what call the same
functions. A way stands before a step: `since` says when it came there, `due_at` when it is to be looked at. Steps that
take no time are passed in the same look, and one look plans one mail at most.

What only the database can tell (does a condition hold, did somebody click since) comes back as a question: whoever
asked looks it up, for as many ways at once as it likes, and decides again with the answer. What a way has just done
(put a tag on, say) is carried out before anything is asked: the question is for the next look.

A step that goes late (an outage, a hold, a pause) keeps its distance to the next one: what follows is then
counted from when it really went, so that nobody gets two mails in a row. Its window is looked at again. The same
holds where a tick that is a little late comes after a wait of minutes. Nor is anything but a tag, a task or a question
done while the last mail has not left: the wait after it counts from when it leaves (see `last_mail`).
Who paused their mail is looked at again every day, since they may end the pause early.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from newsletter.sequences import distance
from newsletter.sequences.almanac import Almanac, PublishedStep
from newsletter.sequences.arriving import arrival
from newsletter.sequences.models import EnrolmentState, ExitReason
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.schedule import Wait, moment_after, next_moment, zone_of

Answers = Mapping[tuple[int, int], bool]
"""By way and position: whether what the step there asks is so; for a lot, what was drawn, where that is known."""

MOST_WAIT_FOR_SLOTS = Wait(days=14)
"""An invitation that waits for free calls goes after so long in any case, in its other words: nobody is forgotten."""

MOST_ARRIVALS = 10_000


@dataclass(frozen=True, slots=True)
class Due:
    """A way whose next step is due, with what decides about it; `occasion` is what it is about, if anything.

    `is_asked_for`: its reader asked for it, just when it began. `had` are the mails that an earlier way through the
    same sequence brought, by key, each with the moment from which on it may come again; before that it is passed.
    `left_at` is when the mail that it brought last left; while that is still to leave, `is_open`. At `over_at` what it
    is about is over.
    """

    id: int
    version_id: int
    position: int
    due_at: datetime
    since: datetime
    lead_id: int
    time_zone: str
    paused_until: datetime | None
    is_patient: bool
    occasion: int = 0
    is_asked_for: bool = False
    had: Mapping[int, datetime] = field(default_factory=dict, hash=False)
    left_at: datetime | None = None
    is_open: bool = False
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Where a way stands from now on, the mail that is planned with it, if any, and what else was passed on the way."""

    row: Due
    position: int
    due_at: datetime | None
    since: datetime
    state: EnrolmentState = EnrolmentState.ACTIVE
    reason: str = ""
    step: PublishedStep | None = None
    is_in_other_words: bool = False
    effects: tuple[PublishedStep, ...] = ()

    @property
    def variant_id(self) -> int | None:
        """The letter of the mail that is planned."""
        if self.step is None:
            return None
        return self.step.other_variant_id if self.is_in_other_words else self.step.variant_id


@dataclass(frozen=True, slots=True)
class Question:
    """What the step at this position asks about this way: is it so, since then?"""

    row: Due
    step: PublishedStep
    since: datetime


def decide(row: Due, almanac: Almanac, answers: Answers, *, now: datetime) -> Move | Question:
    """Go on, wait, finish, leave, or ask."""
    is_over = row.over_at is not None and row.over_at <= now
    if row.is_patient or is_over:
        reason = ExitReason.STAFF if row.is_patient else ExitReason.OVER
        return Move(row, row.position, row.due_at, row.since, EnrolmentState.EXITED, reason)
    return _Walk(row, almanac, answers, now).run()


def hurry(row: Due, almanac: Almanac, answers: Answers, *, now: datetime) -> Move | Question:
    """The same as if the next mail's time had come: no wait, no window and no shortage holds it."""
    return _Walk(row, almanac, answers, now, is_hurried=True).run()


def is_drawn(way_id: int, key: int, share: int) -> bool:
    """The lot of an A/B branch: the same for one way and step for ever; `share` of a hundred ways draw it."""
    if not share:
        return False
    drawn = blake2b(f"{way_id}/{key}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn) % 100 < share


class _Walk:
    """One look at one way."""

    def __init__(
        self, row: Due, almanac: Almanac, answers: Answers, now: datetime, *, is_hurried: bool = False
    ) -> None:
        self.row, self.answers, self.now, self.is_hurried = row, answers, now, is_hurried
        self.almanac = almanac
        self.published = almanac.published(row.version_id)
        self.zone = zone_of(row.time_zone, almanac.zone)
        self.position, self.due_at, self.since = row.position, row.due_at, row.since
        self.passed: list[PublishedStep] = []

    def run(self) -> Move | Question:
        while (step := self.published.step_at(self.position)) is not None:
            found = PASS[step.kind](self, step)
            if found is not None:
                return found
        return self._finished()

    def mail(self, step: PublishedStep) -> Move | Question | None:
        earliest = self.now if self.is_hurried else self._earliest(step)
        if earliest > self.now:
            return self._stay(earliest)
        if self.now < self.row.had.get(step.key, self.now):
            self._go_on(step.after, self._on_time(self.due_at))
            return None
        if step.scarce is None or self.is_hurried:
            return self._planned(step, is_in_other_words=False)
        is_scarce = self._answer(step)
        if isinstance(is_scarce, Question):
            return is_scarce
        return self._invitation(step) if is_scarce else self._planned(step, is_in_other_words=False)

    def wait(self, step: PublishedStep) -> Move | None:
        if not self.is_hurried:
            self._keep_distance(step)
            if self.due_at > self.now:
                return self._stay(self.due_at)
        self._go_on(step.after, self._on_time(self.due_at))
        return None

    def until(self, step: PublishedStep) -> Move | Question | None:
        if self.passed:
            return self._stay(self.now)
        has_happened = self._answer(step)
        if isinstance(has_happened, Question):
            return has_happened
        if not has_happened:
            return self._waited(step)
        self._go_on(step.yes, self.now)
        return None

    def split(self, step: PublishedStep) -> Move | Question | None:
        if self.passed:
            return self._stay(self.now)
        is_so = self._answer(step)
        if isinstance(is_so, Question):
            return is_so
        self._go_on(step.yes if is_so else step.no, self._on_time(self.due_at))
        return None

    def lot(self, step: PublishedStep) -> None:
        is_so = self.answers.get((self.row.id, step.position))
        if is_so is None:
            is_so = is_drawn(self.row.id, step.key, step.share)
        self._go_on(step.yes if is_so else step.no, self._on_time(self.due_at))

    def act(self, step: PublishedStep) -> None:
        self.passed.append(step)
        self._go_on(step.after, self._on_time(self.due_at))

    def end(self, step: PublishedStep) -> Move:
        """They stay where their way ended: what is put behind the last step later is not for them."""
        return replace(self._finished(), position=step.position)

    def _answer(self, step: PublishedStep) -> bool | Question:
        answer = self.answers.get((self.row.id, step.position))
        return Question(self.row, step, self.since) if answer is None else answer

    def _waited(self, step: PublishedStep) -> Move | None:
        over = self._arrival(step, self._left_late(step) or self.since)
        if self.row.is_open:
            over = max(over, self._look_again(step))
        if over > self.now and not self.is_hurried:
            return self._stay(over)
        self._go_on(step.no, self._on_time(over))
        return None

    def _invitation(self, step: PublishedStep) -> Move:
        """While free calls are few: the other words, or a look tomorrow."""
        if step.other_variant_id is not None:
            return self._planned(step, is_in_other_words=True)
        calendar = self.published.calendar_of(step)
        last = moment_after(self.since, wait=step.wait, calendar=calendar, zone=self.zone)
        last = moment_after(last, wait=MOST_WAIT_FOR_SLOTS, calendar=calendar, zone=self.zone)
        if last <= self.now:
            return self._planned(step, is_in_other_words=False)
        return self._stay(next_moment(self.now, wait=Wait(days=1), calendar=calendar, zone=self.zone))

    def _planned(self, step: PublishedStep, *, is_in_other_words: bool) -> Move:
        self._go_on(step.after, self._on_time(self.due_at))
        is_last = self.published.step_at(step.after) is None
        return Move(
            self.row,
            self.published.end if is_last else self.position,
            None if is_last else self.due_at,
            self.since,
            EnrolmentState.FINISHED if is_last else EnrolmentState.ACTIVE,
            step=step,
            is_in_other_words=is_in_other_words,
            effects=tuple(self.passed),
        )

    def _go_on(self, position: int, moment: datetime) -> None:
        self.position, self.since = position, moment
        following = self.published.step_at(position)
        if following is not None:
            self.position = following.position
            self.due_at = self._arrival(following, moment)
            if moment < self.now and self.due_at <= self.now and not following.wait.is_nothing:
                self.since, self.due_at = self.now, self._arrival(following, self.now)

    def _arrival(self, step: PublishedStep, moment: datetime) -> datetime:
        """Worked out once for all who come there at this moment. Where hardly any do, it is soon forgotten."""
        known, asked = self.almanac.arrivals, (id(step), moment, self.zone.key)
        found = known.get(asked)
        if found is None:
            if len(known) >= MOST_ARRIVALS:
                known.clear()
            found = known[asked] = arrival(step, self.published, moment, self.zone)
        return found

    def _stay(self, due_at: datetime) -> Move:
        return Move(self.row, self.position, due_at, self.since, effects=tuple(self.passed))

    def _finished(self) -> Move:
        end = EnrolmentState.FINISHED
        return Move(self.row, self.published.end, None, self.now, end, effects=tuple(self.passed))

    def _on_time(self, due_at: datetime) -> datetime:
        is_on_time = due_at <= self.now < due_at + self.published.calendar.hour
        return due_at if is_on_time else self.now

    def _keep_distance(self, step: PublishedStep) -> None:
        """While the mail before this has not left they stay; where it left late, the wait counts from then."""
        left_at = self._left_late(step)
        if self.row.is_open:
            self.due_at = max(self.due_at, self._look_again(step))
        elif left_at is not None:
            self.since, self.due_at = left_at, max(self.due_at, self._arrival(step, left_at))

    def _look_again(self, step: PublishedStep) -> datetime:
        return distance.look_again(self.row.paused_until, step.wait, self.published.calendar, self.now)

    def _left_late(self, step: PublishedStep) -> datetime | None:
        return distance.left_late(self.row.left_at, self.since, step.wait, self.published.calendar)

    def _earliest(self, step: PublishedStep) -> datetime:
        self._keep_distance(step)
        if self.due_at > self.now:
            return self.due_at
        calendar = self.published.calendar_of(step)
        paused_until = self.row.paused_until
        if paused_until is not None and paused_until > self.now:
            return next_moment(min(paused_until, self.now + calendar.day), calendar=calendar, zone=self.zone)
        if self.published.is_welcome(step, is_asked_for=self.row.is_asked_for, since=self.row.since, now=self.now):
            return self.now
        return self.almanac.opening(calendar, self.now, self.zone)


PASS: Mapping[StepKind, Callable[[_Walk, PublishedStep], Move | Question | None]] = {
    StepKind.EMAIL: _Walk.mail,
    StepKind.WAIT: _Walk.wait,
    StepKind.UNTIL: _Walk.until,
    StepKind.SPLIT: _Walk.split,
    StepKind.LOT: _Walk.lot,
    StepKind.TAG: _Walk.act,
    StepKind.NOTIFY: _Walk.act,
    StepKind.HANDOVER: _Walk.act,
    StepKind.END: _Walk.end,
}
