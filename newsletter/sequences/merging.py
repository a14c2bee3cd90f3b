"""Two people who are one: their ways become those of one person, who gets nothing twice.

Of two ways through the same sequence (on the same occasion, where staff let people begin once for each) the one that is
further stays, by mails that have left; but one that reached what the sequence is for has come to its end for both, and
one that ended because of its address ends nothing for the other. The other one ends. What it had mailed counts as
mailed by the one that stays. A way of the one who goes goes on only if the one who is kept may be mailed by that
sequence; who was held by staff under either address stays held.

The caller holds both addresses. Ways are held next, then chunks: the order in which everybody takes them.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from leads.consent import queries as consents
from leads.people.models import Lead
from newsletter.deliveries import merging as mails
from newsletter.deliveries.anew import NOT_LEFT
from newsletter.deliveries.models import Kind
from newsletter.sequences import ending, entering, events, goals, returning, taking_up
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason
from newsletter.sequences.one import HELD as HELD_BY_STAFF
from newsletter.sequences.plan.document import Again, Plan

"""What began a way is not what ends it."""
MERGED = ExitReason.MERGED.value
PAUSED = EnrolmentState.PAUSED
GOALS = frozenset(goals.REASONS.values())
ADDRESS = frozenset({ExitReason.BOUNCED, ExitReason.UNSUBSCRIBED, ExitReason.MERGED})
"""What ended a way because of the address that it was mailed to: it says nothing about mail to another one."""
TRIES = 3
ASIDE = 10_000
"""Turns of the kept one are put out of the way by so much while they are dealt anew."""

MAILED = f"""
    SELECT d.owner, count(*) FROM newsletter_delivery d WHERE d.kind = {Kind.STEP:d} AND d.owner = ANY(%(ways)s)
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id AND o.state = ANY(%(not_left)s))
    GROUP BY d.owner
"""  # noqa: S608
PUT_ASIDE = "UPDATE newsletter_enrolment SET turn = turn + %s WHERE id = ANY(%s)"
DEAL = """
    UPDATE newsletter_enrolment e SET lead_id = %s, turn = m.turn
    FROM unnest(%s::bigint[], %s::int[]) m (id, turn) WHERE e.id = m.id
"""
BELONG = """
    WITH theirs AS (DELETE FROM newsletter_belonging WHERE lead_id = %(gone)s RETURNING sequence_id, segment_id)
    INSERT INTO newsletter_belonging (sequence_id, segment_id, lead_id)
    SELECT sequence_id, segment_id, %(kept)s FROM theirs ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class Verdict:
    """Which way counts of those about the same; which stay, each with those that lose against it, and which end.

    Who has finished stays too: their last mail may not have left yet.
    """

    best: list[Enrolment] = field(default_factory=list)
    stay: dict[Enrolment, list[Enrolment]] = field(default_factory=dict)
    lost: list[Enrolment] = field(default_factory=list)
    end: list[Enrolment] = field(default_factory=list)


def merge(kept: Lead, gone: Lead, *, now: datetime) -> None:
    """Make the ways of both the kept one's. One that begins for them at this moment is seen when it has begun."""
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                _merge(kept, gone, now)
        except IntegrityError:
            if not tries_left:
                raise
        else:
            return


def hold(kept: Lead, gone: Lead) -> None:
    """All ways of both, until commit; the caller holds the addresses, and takes no other lock before this."""
    ending.hold(_ways(kept, gone).values_list("pk", flat=True))


def is_unclear(kept: Lead, gone: Lead) -> bool:
    """Whether one mail is on its way to the one who goes, and waits for the kept one, too; both are held."""
    about = dict(_ways(kept, gone).values_list("pk", "sequence"))
    return mails.is_unclear(kept.pk, gone.pk, about=about)


def _ways(kept: Lead, gone: Lead) -> QuerySet[Enrolment]:
    both = Enrolment.objects.filter(lead__in=[kept.pk, gone.pk])
    return both.select_related("version", "sequence").order_by("enrolled_at", "pk")


def _merge(kept: Lead, gone: Lead, now: datetime) -> None:
    hold(kept, gone)
    ways = list(_ways(kept, gone))
    verdict = _judge(ways, kept, now)
    ending.end([way.pk for way in verdict.end], reason=ExitReason.MERGED, now=now)
    theirs = [way for way in ways if way.lead_id == gone.pk]
    ending.take_back(sorted({way.pk for way in (*theirs, *verdict.lost)}), reason=MERGED, now=now)
    _deal(ways, verdict, kept)
    _let_go_on(verdict, {way.pk for way in theirs}, kept, now)
    with connection.cursor() as cursor:
        cursor.execute(BELONG, {"gone": gone.pk, "kept": kept.pk})
    goals.end_reached(kept, now=now)
    events.knock([kept.pk], now)


def _judge(ways: Sequence[Enrolment], kept: Lead, now: datetime) -> Verdict:
    verdict, mailed = Verdict(), _mailed(ways)
    for alike in _about_the_same(ways).values():
        best, lost = _best(alike, kept, mailed)
        verdict.lost += lost
        verdict.best.append(best)
        if best.state != EnrolmentState.EXITED and (best.lead_id == kept.pk or _may_go_on(best, kept, now)):
            verdict.stay[best] = lost
    verdict.end += [way for way in ways if way.ended_at is None and way not in verdict.stay]
    return verdict


def _about_the_same(ways: Sequence[Enrolment]) -> Mapping[tuple[int, int], list[Enrolment]]:
    """By sequence, and by occasion where staff let people begin once for each."""
    found: dict[tuple[int, int], list[Enrolment]] = defaultdict(list)
    for way in ways:
        again = entering.plan_of(way.version).again
        found[way.sequence_id, way.occasion if again == Again.OCCASION else 0].append(way)
    return found


def _best(alike: Sequence[Enrolment], kept: Lead, mailed: Mapping[int, int]) -> tuple[Enrolment, list[Enrolment]]:
    """The way that counts for both, and those that lose against it.

    Either's newest way stands for them; one that was over long before the other began says nothing about it.
    """
    sides = [[way for way in alike if (way.lead_id == kept.pk) is is_kept] for is_kept in (True, False)]
    newest = [_newest(side) for side in sides if side]
    if len(newest) == 1 or _is_another_time(*newest):
        return max(newest, key=_age), []
    best = max(newest, key=lambda way: _rank(way, mailed))
    is_again = entering.plan_of(best.version).again == Again.DAYS
    return best, [way for way in (newest if is_again else alike) if way is not best]


def _newest(ways: Sequence[Enrolment]) -> Enrolment:
    """Of one person's ways: of those on one occasion the last turn, which may have begun before one that lost to it."""
    last = {way.occasion: way for way in sorted(ways, key=lambda way: way.turn)}
    return max(last.values(), key=_age)


def _age(way: Enrolment) -> tuple[bool, datetime, int]:
    return way.ended_at is None, way.enrolled_at, way.pk


def _rank(way: Enrolment, mailed: Mapping[int, int]) -> tuple[bool, bool, int, bool, bool]:
    """What has reached its goal, else what its address did not end, else how far it is, else what goes on.

    Of two that are alike in all that, the one that gets nothing, to compare.
    """
    has_arrived, is_open = way.exit_reason in GOALS, way.ended_at is None
    is_silent = is_open and way.state == EnrolmentState.HELD_OUT
    return has_arrived, way.exit_reason not in ADDRESS, mailed.get(way.pk, 0), is_open, is_silent


def _is_another_time(one: Enrolment, two: Enrolment) -> bool:
    """Whether one was over so long before the other began that the same person would have been let in again."""
    first, second = sorted((one, two), key=lambda way: (way.enrolled_at, way.pk))
    plan: Plan = entering.plan_of(second.version)
    rest = timedelta(days=plan.again_days)
    return plan.again == Again.DAYS and first.ended_at is not None and first.ended_at + rest <= second.enrolled_at


def _may_go_on(way: Enrolment, kept: Lead, now: datetime) -> bool:
    is_silent = way.state == EnrolmentState.HELD_OUT
    return is_silent or kept.pk in entering.may_be_mailed(way.sequence, [kept.pk], now=now)


def _mailed(ways: Sequence[Enrolment]) -> dict[int, int]:
    """How many mails of each way have left, may have left, or are about to."""
    values = {"ways": [way.pk for way in ways], "not_left": [state.value for state in NOT_LEFT]}
    with connection.cursor() as cursor:
        cursor.execute(MAILED, values)
        return dict(cursor.fetchall())


def _deal(ways: Sequence[Enrolment], verdict: Verdict, kept: Lead) -> None:
    """All ways are the kept one's; of those about the same, turns go by when they began, and what counts is last."""
    alike: dict[tuple[int, int], list[Enrolment]] = defaultdict(list)
    for way in ways:
        alike[way.sequence_id, way.occasion].append(way)
    dealt = [one for one in alike.values() if any(way.lead_id != kept.pk for way in one)]
    turns = {
        way.pk: turn
        for one in dealt
        for turn, way in enumerate(sorted(one, key=lambda way: (way in verdict.best, way.enrolled_at, way.pk)))
    }
    mine = [way.pk for one in dealt for way in one if way.lead_id == kept.pk]
    with connection.cursor() as cursor:
        cursor.execute(PUT_ASIDE, [ASIDE, mine])
        cursor.execute(DEAL, [kept.pk, list(turns), list(turns.values())])


def _let_go_on(verdict: Verdict, theirs: Collection[int], kept: Lead, now: datetime) -> None:
    """What came over goes on upon the kept one's own consent, with the mail that was taken back on the way."""
    came = [way.pk for way in verdict.stay if way.pk in theirs]
    returning.put_back(came, reason=MERGED, now=now, due_at=now)
    consent = consents.live_marketing_consent(kept, now)
    Enrolment.objects.filter(pk__in=came, ended_at=None).update(consent=consent)
    for stays, lost in verdict.stay.items():
        for other in lost:
            mails.take_over(stays.pk, of=other.pk, now=now)
    _hold_back([stays.pk for stays, lost in verdict.stay.items() if any(way.state == PAUSED for way in lost)], now)


def _hold_back(ways: Sequence[int], now: datetime) -> None:
    """Whom staff held under the other address is held, and with them what is planned, until staff let them go on."""
    held = Enrolment.objects.filter(pk__in=ways, state__in=[EnrolmentState.ACTIVE, EnrolmentState.FINISHED])
    mine = list(held.values_list("pk", flat=True))
    ending.take_back(mine, reason=HELD_BY_STAFF, now=now)
    returning.put_back(mine, reason=HELD_BY_STAFF, now=now, due_at=now)
    for way in Enrolment.objects.filter(pk__in=mine, state=EnrolmentState.ACTIVE).order_by("pk"):
        way.state = PAUSED
        way.save(update_fields=["state"])
        taking_up.record(taking_up.HELD, way, by=None)
