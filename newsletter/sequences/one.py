"""One person's way: held, taken up again, put before another step, past a step, or ended by staff, with their reason.

Each is on the audit trail and on the person's line of time. Nobody gets a mail a second time that has left or may have
left; what was taken back before it left comes when they go on. Locks are taken in the order addresses, ways, chunks.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from leads.people import holding
from newsletter.deliveries import anew
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.anew import NOT_LEFT
from newsletter.deliveries.models import Delivery, Kind, Lane, Outcome
from newsletter.deliveries.services import Planned, Row
from newsletter.sequences import ending, returning, taking_up
from newsletter.sequences.almanac import Almanac, Published, PublishedStep
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.publishing.places import first_look
from newsletter.sequences.schedule import zone_of
from newsletter.sequences.services import NotUnderWay

UNDER_WAY = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED)
HELD = "held by staff"
SKIPPED = "skipped by staff"
LONGEST_REASON = 300


class AlreadyHad(Exception):
    """The mail is on its way to this person, or has left: it never goes a second time."""


class NotNext(Exception):
    """Another step comes next by now than the one that was spoken of."""


class NoSuchStep(LookupError):
    """The version that this person is in has no such step."""


@transaction.atomic
def pause(way: Enrolment, *, by: User, reason: str, now: datetime) -> int:
    """Hold this one where they are. What is planned and has not left is taken back until they go on: how many mails.

    Whose last mail is planned has finished but for that, and can be held too. Raises NotUnderWay.
    """
    found = _held(way, EnrolmentState.ACTIVE, EnrolmentState.FINISHED)
    taken_back = ending.take_back([found.pk], reason=HELD, now=now)
    returning.put_back([found.pk], reason=HELD, now=now, due_at=now)
    if not Enrolment.objects.filter(pk=found.pk, state=EnrolmentState.ACTIVE).update(state=EnrolmentState.PAUSED):
        raise NotUnderWay
    _record(taking_up.HELD, found, by, reason, taken_back=taken_back)
    return taken_back


@transaction.atomic
def resume(way: Enrolment, *, by: User, reason: str, now: datetime) -> None:
    """Let this one go on from where they were held; raises NotUnderWay.

    What was just being handed over then, and came back, is looked for once more; so is what they waited for.
    """
    found = _held(way, EnrolmentState.PAUSED)
    if returning.put_back([found.pk], reason=HELD, now=now, due_at=now):
        _write(found, state=EnrolmentState.ACTIVE, is_asked_for=False)
    else:
        _write(
            found,
            state=EnrolmentState.ACTIVE,
            is_asked_for=False,
            due_at=now if _awaits(found) else max(found.due_at or now, now),
        )
    _record(taking_up.LET_GO_ON, found, by, reason)


@transaction.atomic
def move_to(way: Enrolment, key: int, *, by: User, reason: str, now: datetime) -> None:
    """Put this one before the step of this key, whose wait begins now; raises NotUnderWay, NoSuchStep, AlreadyHad.

    Mails that lie ahead from there and ended before they left, refused or too late, say, come after all. Those that
    have left are passed.
    """
    found, almanac = _held(way, *UNDER_WAY), Almanac()
    published = almanac.published(found.version_id)
    step = next((step for step in published.steps if step.key == key), None)
    if step is None:
        raise NoSuchStep(key)
    if key in had(found):
        raise AlreadyHad(key)
    anew.not_left(Kind.STEP, found.pk, items=[one.key for one in published.steps if one.position >= step.position])
    _put_before(found, step, published, almanac, now)
    _record("way.moved", found, by, reason, to=key)


@transaction.atomic
def skip(way: Enrolment, key: int, *, by: User, reason: str, now: datetime) -> None:
    """Past the step of this key, which comes next, as if it were not there; what follows waits from now on.

    Raises NotUnderWay, and NotNext where another one comes next: whoever speaks of one does not leave out the other.
    A mail that is skipped stands in their history as cancelled, and comes only if they are put before it.
    """
    found, almanac = _held(way, *UNDER_WAY), Almanac()
    published = almanac.published(found.version_id)
    step = published.step_at(found.next_position)
    if step is None:
        raise NotUnderWay
    if step.key != key:
        raise NotNext(key)
    if step.variant_id is not None:
        _leave_out(found, step, step.variant_id, now)
    place = step.no if step.kind == StepKind.UNTIL else step.after
    following = None if step.kind == StepKind.END else published.step_at(place)
    if following is None:
        _write(found, state=EnrolmentState.FINISHED, ended_at=now, due_at=None, next_position=published.end)
    else:
        _put_before(found, following, published, almanac, now)
    _record("way.skipped", found, by, reason, past=step.key)


@transaction.atomic
def take_out(way: Enrolment, *, by: User | None, reason: str, now: datetime) -> None:
    """End this one's way, and what is planned for it; raises NotUnderWay. Other sequences go on. Nobody: a program."""
    found = _held(way, *UNDER_WAY, EnrolmentState.FINISHED)
    if not ending.end([found.pk], reason=ExitReason.STAFF, now=now):
        raise NotUnderWay
    _record("way.left", found, by, reason)


def had(way: Enrolment) -> set[int]:
    """The steps whose mail has left for this one, may have left, or is about to: none of them comes again."""
    mails = Delivery.objects.filter(kind=Kind.STEP, owner=way.pk)
    ended = Outcome.objects.filter(delivery_id__in=mails.values("pk"), state__in=NOT_LEFT)
    return set(mails.exclude(pk__in=ended.values("delivery_id")).values_list("item", flat=True))


def _held(way: Enrolment, *states: EnrolmentState) -> Enrolment:
    """The way as nobody else can change it until commit; raises NotUnderWay where it is in none of these states."""
    holding.hold(way.lead)
    ways = Enrolment.objects.select_for_update(no_key=True, of=["self"]).select_related("lead", "sequence")
    found = ways.get(pk=way.pk)
    if found.state not in states:
        raise NotUnderWay
    return found


def _awaits(way: Enrolment) -> bool:
    """Whether it stands before something that may have happened meanwhile: nobody knocks at a way that is held."""
    step = Almanac().published(way.version_id).step_at(way.next_position)
    return step is not None and step.kind == StepKind.UNTIL


def _leave_out(way: Enrolment, step: PublishedStep, variant_id: int, now: datetime) -> None:
    """Planned and cancelled at once: its name is taken, wherever the way is put back to."""
    planned = Planned(Kind.STEP, way.sequence_id, Lane.MARKETING, way.sequence.topic, expires_at=now)
    deliveries.plan(planned, [Row(way.pk, step.key, variant_id, lead_id=way.lead_id)], due_at=now, now=now)
    deliveries.cancel(kind=Kind.STEP, owner=way.pk, item=step.key, reason=SKIPPED, now=now)


def _put_before(way: Enrolment, step: PublishedStep, published: Published, almanac: Almanac, now: datetime) -> None:
    due_at = first_look(step, published, now, zone_of(way.lead.time_zone, almanac.zone))
    _write(way, next_position=step.position, since=now, due_at=due_at, is_asked_for=False)


def _write(way: Enrolment, **values: object) -> None:
    for name, value in values.items():
        setattr(way, name, value)
    way.save(update_fields=list(values))


def _record(act: str, way: Enrolment, by: User | None, reason: str, **facts: object) -> None:
    said = " ".join(reason.split())[:LONGEST_REASON]
    taking_up.record(act, way, by=by, reason=said, **facts)
