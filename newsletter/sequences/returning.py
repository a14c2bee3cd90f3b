"""Ways put back before a mail that was taken back before it left: it comes later, and not never.

Whoever holds one person, or takes a wrong press back, chose no gap. A way that had finished with that mail is under way
again. What the way passed since is passed a second time: what was done there (a tag, a task) is done once all the same.
The caller holds the addresses, and the ways.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from leads.people.models import LeadStatus
from newsletter.deliveries import anew
from newsletter.deliveries.anew import Freed
from newsletter.deliveries.models import Delivery, Kind
from newsletter.sequences import ending, entering, goals
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.models import Enrolment, EnrolmentState
from newsletter.sequences.schedule import Wait, moment_after

RETURNING = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED, EnrolmentState.FINISHED)
A_DAY = Wait(days=1)


def put_back(ways: Collection[int], *, reason: str, now: datetime, due_at: datetime | None = None) -> list[int]:
    """Put those of these ways that lost a mail for this reason before it again; which they are.

    They are looked at at `due_at`; else when they would have been anyway, and who had finished in a day.
    """
    found = Enrolment.objects.filter(pk__in=list(ways), state__in=RETURNING).select_related("lead").order_by("pk")
    mine = [way for way in found if way.state != EnrolmentState.FINISHED or not _is_in_it_again(way)]
    lost: dict[int, list[Freed]] = defaultdict(list)
    for freed in anew.cancelled(Kind.STEP, [way.pk for way in mine], reasons=[reason]):
        lost[freed.owner].append(freed)
    almanac = Almanac()
    return [way.pk for way in mine if way.pk in lost and _return(way, lost[way.pk], almanac, due_at, now)]


def after_all(way: int, now: datetime, *, reason: str) -> None:
    """Before the mail that was in a sender's hands when it was taken back for this reason, and came back.

    Their address is held. What has ended since, or is held, stays so; what had finished does, where they may not be
    mailed any more or have reached its goal. Who stands as a patient is looked at when they would have been anyway: a
    wrong press can be taken back until then.
    """
    held = ending.hold([way])
    found = Enrolment.objects.select_related("lead", "sequence").get(pk=way)
    is_patient = found.lead.status == LeadStatus.PATIENT
    if is_patient or entering.may_be_mailed(found.sequence, [found.lead_id], now=now):
        put_back(held, reason=reason, now=now, due_at=None if is_patient else now)
        goals.end_reached(found.lead, now=now, among=held)


def _is_in_it_again(way: Enrolment) -> bool:
    """A way begun later about the same: the one that has finished stays so."""
    later = Enrolment.objects.filter(sequence=way.sequence_id, lead=way.lead_id, occasion=way.occasion)
    return later.filter(turn__gt=way.turn).exists()


def _return(way: Enrolment, lost: Sequence[Freed], almanac: Almanac, due_at: datetime | None, now: datetime) -> bool:
    published = almanac.published(way.version_id)
    places = {step.key: step.position for step in published.steps}
    behind = [freed for freed in lost if places.get(freed.item, way.next_position) < way.next_position]
    if not behind:
        return False
    first = min(behind, key=lambda freed: places[freed.item])
    tomorrow = moment_after(now, wait=A_DAY, calendar=published.calendar, zone=almanac.zone)
    way.next_position, way.since = places[first.item], first.planned_at
    way.due_at = due_at or way.due_at or tomorrow
    way.last_key = _mailed_last(way)
    if way.state == EnrolmentState.FINISHED:
        way.state, way.ended_at = EnrolmentState.ACTIVE, None
    way.save(update_fields=["next_position", "since", "due_at", "last_key", "state", "ended_at"])
    return True


def _mailed_last(way: Enrolment) -> int | None:
    """The step that is credited with what ends the way: of those that have kept their name."""
    kept = Delivery.objects.filter(kind=Kind.STEP, owner=way.pk, item__gte=0).order_by("-id")
    return kept.values_list("item", flat=True).first()
