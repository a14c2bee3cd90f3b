"""A published course with an open clinic, and what became of who is in it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leads.models import Lead
from newsletter.deliveries.models import Kind, Outcome, State
from newsletter.models import Delivery, Enrolment, Sequence, SequenceVersion, Step
from newsletter.sequences import services
from newsletter.sequences.queries import COURSE_KEY
from tests.factories import clinics, mail, people

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
"""A Tuesday, 10:00 in Toronto: inside every window."""
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def open_course(*waits: int, days: list[int] | None = None) -> Sequence:
    """The course that confirmations begin: a step per wait, every day from nine to six unless `days` says fewer."""
    clinics.clinic()
    course = Sequence.objects.create(key=COURSE_KEY, name="The sciatica course")
    publish(course, {place + 1: wait for place, wait in enumerate(waits)}, days=days)
    return course


def publish(course: Sequence, waits: dict[int, int], *, days: list[int] | None = None) -> SequenceVersion:
    """A new version: waits by step key, in order."""
    version = SequenceVersion.objects.create(
        sequence=course,
        number=course.versions.count() + 1,
        weekdays=days or list(range(7)),
        window_opens_at=time(9),
        window_closes_at=time(18),
    )
    for place, (key, wait) in enumerate(waits.items()):
        letter = mail.variant(mail.email(kind="step", topic="course"))
        Step.objects.create(version=version, key=key, position=place, wait_days=wait, variant=letter)
    course.published = version
    course.save()
    return version


def enrolled(lead: Lead | None = None, *, now: datetime = NOW, **fields: Any) -> Enrolment:
    """Somebody who has just confirmed."""
    consent = people.consent(lead or people.lead(**fields))
    enrolment = services.enrol(consent.lead, consent=consent, now=now)
    assert enrolment is not None
    return enrolment


def planned(enrolment: Enrolment) -> list[int]:
    """The keys of the steps that were planned for this person, in order, without what was taken back to come again."""
    found = Delivery.objects.filter(kind=Kind.STEP, owner=enrolment.pk, item__gte=0).order_by("id")
    return list(found.values_list("item", flat=True))


def cancelled(enrolment: Enrolment) -> list[int]:
    ids = Delivery.objects.filter(kind=Kind.STEP, owner=enrolment.pk).values("id")
    ended = Outcome.objects.filter(delivery_id__in=ids, state=State.CANCELLED).values("delivery_id")
    return list(Delivery.objects.filter(id__in=ended).values_list("item", flat=True))


def walk(until: datetime, *, start: datetime = NOW, every: timedelta = timedelta(hours=1)) -> None:
    """Let time pass, a tick at a time; what is planned leaves at once."""
    now = start
    while now <= until:
        tick(now)
        now += every


def tick(now: datetime) -> int:
    """The engine looks, and what it plans leaves at once; how many it looked at."""
    looked_at = services.advance(now)
    hand_over(now)
    return looked_at


def hand_over(now: datetime) -> None:
    """Everything that is planned has left."""
    open_ones = Delivery.objects.exclude(id__in=Outcome.objects.values("delivery_id"))
    Outcome.objects.bulk_create(
        Outcome(delivery_id=pk, at=now, state=State.SUBMITTED) for pk in open_ones.values_list("id", flat=True)
    )


def walk_and_mail(until: datetime, *, start: datetime = NOW) -> None:
    """Let time pass, a quarter of a day at a time, and let what is planned leave at once."""
    now = start
    while now <= until:
        if services.advance(now):
            hand_over(now)
        now += DAY / 4
