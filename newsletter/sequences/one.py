"""One person's way: held, taken up again, put before another step, past a step, or ended by staff, with their reason.

Each is on the audit trail and on the person's line of time. Nobody gets a step a second time: what was planned once is
never planned again. Locks are taken in the order addresses, ways, chunks.
"""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads.people import addresses
from newsletter.deliveries.models import Delivery, Kind
from newsletter.sequences import ending
from newsletter.sequences.almanac import Almanac, Published, PublishedStep
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.publishing.places import first_look
from newsletter.sequences.schedule import zone_of
from newsletter.sequences.services import NotUnderWay

UNDER_WAY = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED)
HELD = "person_paused"
LONGEST_REASON = 300


class AlreadyHad(Exception):
    """The mail was planned for this person before: it never goes a second time."""


class NoSuchStep(LookupError):
    """The version that this person is in has no such step."""


@transaction.atomic
def pause(way: Enrolment, *, by: User, reason: str, now: datetime) -> int:
    """Hold this one where they are. What is planned and has not left is taken back, and does not come again: how many.

    Raises NotUnderWay.
    """
    found = _held(way, EnrolmentState.ACTIVE)
    taken_back = ending.take_back([found.pk], reason=HELD, now=now)
    _write(found, state=EnrolmentState.PAUSED)
    _record("way.paused", found, by, reason, taken_back=taken_back)
    return taken_back


@transaction.atomic
def resume(way: Enrolment, *, by: User, reason: str, now: datetime) -> None:
    """Let this one go on from where they were held; raises NotUnderWay."""
    found = _held(way, EnrolmentState.PAUSED)
    _write(found, state=EnrolmentState.ACTIVE, due_at=max(found.due_at or now, now))
    _record("way.resumed", found, by, reason)


@transaction.atomic
def move_to(way: Enrolment, key: int, *, by: User, reason: str, now: datetime) -> None:
    """Put this one before the step of this key, whose wait begins now; raises NotUnderWay, NoSuchStep, AlreadyHad."""
    found, almanac = _held(way, *UNDER_WAY), Almanac()
    published = almanac.published(found.version_id)
    step = next((step for step in published.steps if step.key == key), None)
    if step is None:
        raise NoSuchStep(key)
    if _was_planned(found, step):
        raise AlreadyHad(key)
    _put_before(found, step, published, almanac, now)
    _record("way.moved", found, by, reason, to=key)


@transaction.atomic
def skip(way: Enrolment, *, by: User, reason: str, now: datetime) -> None:
    """Past the step that comes next, as if it were not there; what follows waits from now on. Raises NotUnderWay."""
    found, almanac = _held(way, *UNDER_WAY), Almanac()
    published = almanac.published(found.version_id)
    step = published.step_at(found.next_position)
    if step is None:
        raise NotUnderWay
    place = step.no if step.kind == StepKind.UNTIL else step.after
    following = None if step.kind == StepKind.END else published.step_at(place)
    if following is None:
        _write(found, state=EnrolmentState.FINISHED, ended_at=now, due_at=None, next_position=published.end)
    else:
        _put_before(found, following, published, almanac, now)
    _record("way.skipped", found, by, reason, past=step.key)


@transaction.atomic
def take_out(way: Enrolment, *, by: User, reason: str, now: datetime) -> None:
    """End this one's way, and what is planned for it; raises NotUnderWay. Other sequences go on."""
    found = _held(way, *UNDER_WAY)
    ending.end([found.pk], reason=ExitReason.STAFF, now=now)
    _record("way.left", found, by, reason)


def _held(way: Enrolment, *states: EnrolmentState) -> Enrolment:
    """The way as nobody else can change it until commit; raises NotUnderWay where it is in none of these states."""
    addresses.lock([way.lead.address_hash])
    ways = Enrolment.objects.select_for_update(no_key=True, of=["self"]).select_related("lead", "sequence")
    found = ways.get(pk=way.pk)
    if found.state not in states:
        raise NotUnderWay
    return found


def _was_planned(way: Enrolment, step: PublishedStep) -> bool:
    return Delivery.objects.filter(kind=Kind.STEP, owner=way.pk, item=step.key).exists()


def _put_before(way: Enrolment, step: PublishedStep, published: Published, almanac: Almanac, now: datetime) -> None:
    due_at = first_look(step, published, now, zone_of(way.lead.time_zone, almanac.zone))
    _write(way, next_position=step.position, since=now, due_at=due_at)


def _write(way: Enrolment, **values: object) -> None:
    for name, value in values.items():
        setattr(way, name, value)
    way.save(update_fields=list(values))


def _record(act: str, way: Enrolment, by: User, reason: str, **facts: object) -> None:
    said = " ".join(reason.split())[:LONGEST_REASON]
    audit.record(act, subject=f"lead:{way.lead_id}", by=by, sequence=way.sequence_id, reason=said, **facts)
