"""Who may begin a sequence: what a future that hands over, and whoever tries a sequence for a lead, must know.

Whether people may be mailed at all is asked by the very statement by which they enter.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from leads.consent.models import Purpose
from leads.models import Consent, Lead
from leads.people.models import LeadStatus
from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter.sequences import entering
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future.onward import Earlier, Hindrance, Hurdle, Onward, of_rule
from newsletter.sequences.models import Enrolment, Sequence, SequenceState, SequenceVersion
from newsletter.sequences.plan.document import Condition, Plan, StepKind, Unreadable
from newsletter.sequences.walk import is_drawn
from newsletter.suppression.models import Suppression


def onward(almanac: Almanac, version_ids: Collection[int]) -> Mapping[int, Onward]:
    """The sequences that ways through these versions can come to, one after the other."""
    found: dict[int, Onward] = {}
    seen: set[int] = set()
    asked = _handed_to(almanac, version_ids)
    while fresh := asked - seen:
        seen |= fresh
        published = Sequence.objects.filter(pk__in=fresh, published__isnull=False).exclude(state=SequenceState.DRAFT)
        known = readable(almanac, published.values_list("published", flat=True))
        versions = SequenceVersion.objects.filter(pk__in=known).select_related("sequence")
        came = {one.sequence_id: _onward(one) for one in versions}
        found |= came
        asked = _handed_to(almanac, [one.version_id for one in came.values()])
    return found


def readable(almanac: Almanac, version_ids: Iterable[int]) -> set[int]:
    """Those of these versions that can be played: one that a mistake made unreadable is left out."""
    found = set()
    for version in SequenceVersion.objects.filter(pk__in=list(version_ids)):
        try:
            entering.plan_of(version)
            almanac.published(version.pk)
        except Unreadable:
            continue
        found.add(version.pk)
    return found


def may_be_mailed(ahead: Collection[Onward], lead_ids: Collection[int], now: datetime) -> Mapping[int, Collection[int]]:
    """By sequence, who of these may be mailed by it, however often they were in it."""
    sequences = Sequence.objects.in_bulk([one.sequence_id for one in ahead])
    return {pk: set(entering.may_be_mailed(one, lead_ids, now=now)) for pk, one in sequences.items()}


def earlier(
    sequence_ids: Collection[int], lead_ids: Collection[int], *, but: Collection[int] = ()
) -> Mapping[tuple[int, int], Earlier]:
    """By lead and sequence, the ways that there were; whether one is under way is said without those in `but`."""
    if not sequence_ids:
        return {}
    others = ~Q(pk__in=list(but))
    ways = Enrolment.objects.filter(sequence__in=sequence_ids, lead__in=lead_ids).values("lead_id", "sequence_id")
    counted = ways.annotate(
        every=Count("pk"),
        about=ArrayAgg("occasion"),
        still=Count("pk", filter=others & Q(ended_at=None)),
        last=Max(Coalesce("ended_at", "enrolled_at"), filter=others),
    )
    return {
        (one["lead_id"], one["sequence_id"]): Earlier(
            one["every"], frozenset(one["about"]), one["still"] > 0, one["last"]
        )
        for one in counted
    }


def hurdles(sequence: Sequence, plan: Plan, lead: Lead, now: datetime) -> list[Hurdle]:
    """Everything for which this lead would not begin this plan now, or begin it without a mail."""
    found = [Hurdle(kind) for kind in _of_person(sequence, lead, now)]
    so_far = earlier([sequence.pk], [lead.pk]).get((lead.pk, sequence.pk), Earlier())
    rule = of_rule(plan, so_far, now)
    found += [rule] if rule else []
    found += [Hurdle(Hindrance.ENTRY, condition=one) for one in plan.entry if not _holds(one, lead, now)]
    if is_drawn(lead.pk, sequence.pk, plan.holdout):
        found.append(Hurdle(Hindrance.HELD_OUT))
    return found


def _onward(version: SequenceVersion) -> Onward:
    is_paused = version.sequence.state == SequenceState.PAUSED
    return Onward(version.sequence_id, version.pk, entering.plan_of(version), is_paused)


def _of_person(sequence: Sequence, lead: Lead, now: datetime) -> Iterator[Hindrance]:
    agreed = Q(expires_at=None) | Q(expires_at__gt=now)
    if lead.status == LeadStatus.PATIENT:
        yield Hindrance.PATIENT
    if not Consent.objects.filter(agreed, lead=lead, purpose=Purpose.MARKETING, withdrawn_at=None).exists():
        yield Hindrance.NO_CONSENT
    if Suppression.objects.filter(address_hash=lead.address_hash, lifted_at=None).exists():
        yield Hindrance.SUPPRESSED
    if sequence.topic in lead.declined_topics:
        yield Hindrance.DECLINED


def _holds(condition: Condition, lead: Lead, now: datetime) -> bool:
    """What can no longer be asked lets nobody in."""
    try:
        return bool(segments.holds([condition], [lead.pk], now)[lead.pk])
    except Unanswerable:
        return False


def _handed_to(almanac: Almanac, version_ids: Collection[int]) -> set[int]:
    steps = [step for version_id in version_ids for step in almanac.published(version_id).steps]
    return {step.sequence for step in steps if step.kind == StepKind.HANDOVER and step.sequence is not None}
