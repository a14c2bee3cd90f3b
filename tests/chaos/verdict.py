"""What came of a run: the relay's log beside the database's books, and the one line that says it."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from clinic.clock import database_now
from leads.models import Lead
from newsletter import tokens
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import State
from newsletter.deliveries.settling import reconcile
from newsletter.models import Campaign, Delivery, Outcome, Uncertain
from tests.chaos import world
from tests.chaos.stage import Stage, drained, wait_until
from tests.chaos.watcher import look

TAKEN = {State.SUBMITTED, State.CLOSED}
LOOKED_UP = "the relay's log"
Endings = Mapping[State, QuerySet[Delivery]]
"""Which mails may end otherwise than taken by the relay, and how."""

EVERYBODY_IS_MAILED: Endings = {}


@dataclass
class Doubts:
    """What was left in doubt: by which dead sender, how many the relay had taken after all, how they were settled."""

    count: int = 0
    had_left: int = 0
    left_by: Counter[str] = field(default_factory=Counter)
    settled_by: Counter[str] = field(default_factory=Counter)


@dataclass
class Verdict:
    """The figures of a run, in the order in which they are said, and what must not have been."""

    figures: dict[str, object] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    doubts: Doubts = field(default_factory=Doubts)

    def must(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.violations.append(otherwise)

    def line(self) -> str:
        said = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        return f"{said}: {'; '.join(self.violations) if self.violations else 'good'}"


def taken(made: Stage) -> Counter[int]:
    """How often the relay took each delivery."""
    return Counter(delivery_of(entry["message_id"]) for entry in made.accepted)


def delivery_of(message_id: str) -> int:
    """The delivery whose mail this is; -1 for a mail that is not ours."""
    found = tokens.read_name(message_id.strip("<>").partition("@")[0])
    return -1 if found is None else found


def settle(made: Stage, doubts: Doubts) -> None:
    """Settle every doubt as a person does who looks into the relay's log: what it has not is sent again."""
    had, now = taken(made), database_now()
    for number, one in enumerate(Uncertain.objects.order_by("delivery_id")):
        doubts.count += 1
        doubts.had_left += had[one.pk] > 0
        if one.lease_owner:
            doubts.left_by[one.lease_owner] += 1
        if had[one.pk] and number % 10:
            done = reconcile.evidence(one.pk, submitted=True, now=now, reason=LOOKED_UP)
            doubts.settled_by["look-up"] += done
        else:
            doubts.settled_by["hand"] += reconcile.decide(one.pk, again=not had[one.pk], by=made.owner, now=now)


def settled_by_the_journal() -> int:
    """A journal tells that a mail was taken, and not in which words; every other way tells some."""
    wordless = Outcome.objects.filter(state=State.SUBMITTED, reason="", provider_id="")
    return wordless.filter(delivery_id__in=world.letters().values("id")).count()


def conclude(
    made: Stage,
    verdict: Verdict,
    *,
    doubts_at_most: Callable[[], int],
    may_end: Endings = EVERYBODY_IS_MAILED,
    within: float = 180.0,
) -> Verdict:
    """Let the rest leave, settle the doubts, and compare both books."""
    doubts = verdict.doubts
    drained(within=within)
    settle(made, doubts)
    while look().uncertain or look().open:  # what was sent again may meet with silence again
        drained(within=within)
        settle(made, doubts)
    doubts.settled_by["journal"] = settled_by_the_journal()
    at_most = doubts_at_most()
    verdict.must(doubts.count <= at_most, f"{doubts.count} uncertain, {at_most} at most")
    finished(verdict)
    books(made, verdict, may_end=may_end)
    verdict.figures |= {
        "uncertain": f"{doubts.count} of {at_most} at most ({doubts.had_left} had left)",
        "settled": " + ".join(f"{doubts.settled_by[way]} by {way}" for way in ("journal", "look-up", "hand")),
        "balanced looks": made.watcher.looks,
    }
    return balance(made, verdict)


def finished(verdict: Verdict) -> None:
    """Every campaign that went out is told finished by the tick, now that nothing is open."""
    sending = Campaign.objects.filter(status=CampaignStatus.SENDING)
    wait_until(lambda: not sending.exists(), what="the end of the campaigns")


def books(made: Stage, verdict: Verdict, *, may_end: Endings = EVERYBODY_IS_MAILED) -> None:
    """Compare what the relay took with what we say became of it; nobody may have been left out but `may_end`."""
    had = taken(made)
    every = set(world.letters().values_list("id", flat=True))
    outcomes = Outcome.objects.filter(delivery_id__in=world.letters().values("id"))
    ended = dict(outcomes.values_list("delivery_id", "state"))
    twice = sum(1 for times in had.values() if times > 1)
    vanished = every - ended.keys() | {one for one in ended if ended[one] in TAKEN and not had[one]}
    left_out = every - had.keys() - vanished - excused(ended, may_end)
    lost = len(vanished)
    verdict.figures |= {"mails": len(every), "accepted": had.total(), "twice": twice, "lost": lost}
    others = outcomes.exclude(state__in=TAKEN).values_list("state", "reason")
    verdict.figures |= {f"{State(state).label.lower()} ({why})": n for (state, why), n in Counter(others).items()}
    verdict.must(twice == 0, f"{twice} mailed twice")
    verdict.must(lost == 0, f"{lost} lost, such as {some(vanished)}")
    verdict.must(not left_out, f"{len(left_out)} ended as they may not, such as {some(left_out)}")
    verdict.must(had.keys() <= every, "a mail of nobody's")
    unknown = sum(1 for one in had if ended.get(one) not in TAKEN)
    verdict.must(unknown == 0, f"{unknown} accepted of which we say otherwise")
    doubled = people_twice(had)
    verdict.must(doubled == 0, f"{doubled} people got one letter twice")


def for_these(people: QuerySet[Lead], *states: State) -> Endings:
    """Mails to these people may end so as well."""
    return {state: world.letters_to(people) for state in states}


def excused(ended: Mapping[int, int], may_end: Endings) -> set[int]:
    """Whose end is one of those that were named for them."""
    allowed = {(one, state) for state, mails in may_end.items() for one in mails.values_list("id", flat=True)}
    return {one for one, state in ended.items() if (one, state) in allowed}


def some(mails: set[int]) -> list[dict[str, Any]]:
    return list(Outcome.objects.filter(pk__in=mails).values()[:3])


def people_twice(had: Counter[int]) -> int:
    """How many people got the same letter twice under two names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT variant_id, lead_id FROM newsletter_delivery WHERE id = ANY(%s)"
            " AND lead_id IS NOT NULL GROUP BY variant_id, lead_id HAVING count(*) > 1) twice",
            [list(had)],
        )
        return int(cursor.fetchone()[0])


def balance(made: Stage, verdict: Verdict) -> Verdict:
    bad = made.watcher.bad
    verdict.must(not bad, f"out of balance {len(bad)} times, first {bad[0] if bad else ''}")
    blind = made.watcher.blindness()
    verdict.must(not blind, blind)
    return verdict
