"""What came of a run: the relay's log beside the database's books, and the one line that says it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from clinic.clock import database_now
from newsletter import tokens
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import State
from newsletter.deliveries.settling import reconcile
from newsletter.models import Campaign, Outcome, Uncertain
from tests.chaos import world
from tests.chaos.stage import Stage, drained, wait_until
from tests.chaos.watcher import look

TAKEN = {State.SUBMITTED, State.CLOSED}


@dataclass
class Verdict:
    """The figures of a run, in the order in which they are said, and what must not have been."""

    figures: dict[str, object] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def must(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.violations.append(otherwise)

    def line(self) -> str:
        said = ", ".join(f"{name} {value}" for name, value in self.figures.items())
        return f"{said}: {'; '.join(self.violations) if self.violations else 'good'}"


@dataclass(frozen=True)
class Settled:
    """How the doubts of a run ended."""

    doubts: int = 0
    had_left: int = 0


def taken(made: Stage) -> Counter[int]:
    """How often the relay took each delivery."""
    return Counter(delivery_of(entry["message_id"]) for entry in made.accepted)


def delivery_of(message_id: str) -> int:
    """The delivery whose mail this is; -1 for a mail that is not ours."""
    found = tokens.read_name(message_id.strip("<>").partition("@")[0])
    return -1 if found is None else found


def settle(made: Stage) -> Settled:
    """Settle every doubt as a person does who looks into the relay's log: what it has not is sent again."""
    had = taken(made)
    doubts = list(Uncertain.objects.order_by("delivery_id").values_list("delivery_id", flat=True))
    for number, one in enumerate(doubts):
        if not had[one]:
            reconcile.decide(one, again=True, by=made.owner, now=database_now())
        elif number % 10:
            reconcile.evidence(one, submitted=True, now=database_now(), reason="the relay's log")
        else:
            reconcile.decide(one, again=False, by=made.owner, now=database_now())
    return Settled(len(doubts), sum(1 for one in doubts if had[one]))


def conclude(made: Stage, verdict: Verdict, *, doubts_at_most: Callable[[], int], within: float = 180.0) -> Verdict:
    """Let the rest leave, settle the doubts, and compare both books."""
    drained(within=within)
    rounds = [settle(made)]
    while look().uncertain or look().open:  # what was sent again may meet with silence again
        drained(within=within)
        rounds.append(settle(made))
    doubts, had_left = (sum(getattr(one, name) for one in rounds) for name in ("doubts", "had_left"))
    at_most = doubts_at_most()
    verdict.must(doubts <= at_most, f"{doubts} uncertain, {at_most} at most")
    finished(verdict)
    books(made, verdict)
    verdict.figures |= {
        "uncertain": f"{doubts} of {at_most} at most ({had_left} had left)",
        "balanced looks": made.watcher.looks,
    }
    return balance(made, verdict)


def finished(verdict: Verdict) -> None:
    """Every campaign that went out is told finished by the tick, now that nothing is open."""
    sending = Campaign.objects.filter(status=CampaignStatus.SENDING)
    wait_until(lambda: not sending.exists(), what="the end of the campaigns")


def books(made: Stage, verdict: Verdict) -> None:
    """Compare what the relay took with what we say became of it."""
    had = taken(made)
    every = set(world.letters().values_list("id", flat=True))
    outcomes = Outcome.objects.filter(delivery_id__in=world.letters().values("id"))
    ended = dict(outcomes.values_list("delivery_id", "state"))
    twice = sum(1 for times in had.values() if times > 1)
    vanished = every - ended.keys() | {one for one in ended if ended[one] == State.SUBMITTED and not had[one]}
    lost = len(vanished)
    verdict.figures |= {"mails": len(every), "accepted": had.total(), "twice": twice, "lost": lost}
    others = outcomes.exclude(state__in=TAKEN).values_list("state", "reason")
    verdict.figures |= {f"{State(state).label.lower()} ({why})": n for (state, why), n in Counter(others).items()}
    verdict.must(twice == 0, f"{twice} mailed twice")
    verdict.must(lost == 0, f"{lost} lost, such as {list(Outcome.objects.filter(pk__in=vanished).values())[:3]}")
    verdict.must(had.keys() <= every, "a mail of nobody's")
    unknown = sum(1 for one in had if ended.get(one) not in TAKEN)
    verdict.must(unknown == 0, f"{unknown} accepted of which we say otherwise")
    doubled = people_twice(had)
    verdict.must(doubled == 0, f"{doubled} people got one letter twice")


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
