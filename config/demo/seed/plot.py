"""The plot: who comes when, what staff do, and what is left open for the visitor of the demo."""

from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import User
from booking.models import Appointment, AppointmentState
from booking.services import record_outcome
from config.demo.seed import campaigns, courses, people, pictures, wire
from config.demo.seed import clinic as place
from config.demo.seed.readers import Readers
from config.demo.seed.story import Story
from leads.intake import services as intake
from leads.intake.models import InquiryOutcome
from leads.models import Inquiry
from newsletter.deliveries.models import Delivery, Kind, Outcome
from newsletter.sequences import presets
from newsletter.sequences.models import Enrolment, EnrolmentState
from newsletter.tick import due_work
from newsletter.tracking.models import Fact, Visit

DAYS = 90
SUBSCRIBERS, ASKERS = 104, 14
BOOKINGS, HOURS_BETWEEN, SOON = 9, 26, (2, 5, 8)
MAILS = (Kind.STEP, Kind.CAMPAIGN)
SEED = 20_26
TICK_HOURS = 4
MINUTES_AGO = (500, 50, 40)
"""When the clock looked besides, today: a test mail left, the first few of a campaign did, and it paused."""


def play(*, now: datetime, owner_email: str) -> None:
    """Fill an empty database with ninety days that end now."""
    story = Story(now - timedelta(days=DAYS), now, Random(SEED))  # noqa: S311 - a story, not a secret
    place.open_clinic(began_at=story.began_at)
    place.open_hours(today=now.date())
    owner, desk = place.hire(owner_email=owner_email, at=story.began_at)
    pictures.hang(by=desk, at=story.began_at)
    presets.install(story.began_at)
    readers = Readers(story)
    _invite_the_crowd(story, readers)
    _count_visits(story)
    campaigns.play(story, readers, by=owner)
    courses.play(story, by=owner)
    for hours in range(0, DAYS * 24, TICK_HOURS):
        story.at(story.began_at + timedelta(hours=hours), lambda at: _tick(at, readers))
    for minutes in (*MINUTES_AGO, 1):
        story.at(now - timedelta(minutes=minutes), lambda at: _tick(at, readers))
    for days in range(1, DAYS):
        story.at(story.began_at + timedelta(days=days), lambda at: _work_a_day(at, readers, desk))
    _fill_the_diary(story, readers)
    story.play()
    wire.forget_delays()
    campaigns.describe_segments(by=desk, now=now)
    campaigns.write_draft(by=desk, now=now)
    _leave_one_in_doubt(now)


def _invite_the_crowd(story: Story, readers: Readers) -> None:
    crowd = people.crowd(SUBSCRIBERS + ASKERS, story.chance)
    for person in crowd[:SUBSCRIBERS]:
        story.at(story.some_time(), partial(readers.subscribe, person))
    for person in crowd[SUBSCRIBERS:]:
        story.at(story.some_time(), partial(readers.ask, person))
    for person in crowd[-3:]:
        story.at(story.after(story.ends_at, minutes=(-2400, -60)), partial(readers.ask, person))


def _count_visits(story: Story) -> None:
    """Some thirty readers a day, fewer at weekends."""
    rows = []
    for day in range(DAYS):
        start = story.began_at + timedelta(days=day)
        for _ in range(story.chance.randint(14, 24) + (0 if start.weekday() > 4 else 12)):  # noqa: PLR2004
            moment = start + timedelta(minutes=story.chance.randint(0, 24 * 60 - 1))
            rows.append(Visit(page="article", referrer_host=story.chance.choice(people.REFERRERS), at=moment))
    Visit.objects.bulk_create(rows)


def _tick(at: datetime, readers: Readers) -> None:
    """What the heartbeat and the wire would have done by now."""
    for work in due_work():
        work(at)
    for delivery_id, kind, submitted_at in wire.submit_due(at):
        if kind in MAILS:
            readers.receive(delivery_id, submitted_at)
    readers.story.date_what_was_done(at)


def _work_a_day(at: datetime, readers: Readers, desk: User) -> None:
    """Staff say how yesterday's calls went, and answer what was asked; the last days are left to do."""
    if at > readers.story.ends_at - timedelta(days=3):
        return
    over = Appointment.objects.filter(state=AppointmentState.BOOKED, ends_at__lt=at)
    for call in over.order_by("starts_at"):
        record_outcome(call, state=readers.outcome(), by=desk, now=at)
    for inquiry in Inquiry.objects.filter(handled_at=None, received_at__lt=at - timedelta(hours=20)):
        outcome = readers.story.chance.choice((InquiryOutcome.ANSWERED, InquiryOutcome.ANSWERED, InquiryOutcome.BOOKED))
        intake.handle(inquiry, outcome=outcome, by=desk, now=at)


def _fill_the_diary(story: Story, readers: Readers) -> None:
    """Calls of these days, booked by people who clicked: most are to come, of some nobody has said how they went."""
    for number in range(BOOKINGS):
        book = partial(_book_somebody, readers, is_soon=number in SOON)
        story.at(story.ends_at - timedelta(hours=3 + HOURS_BETWEEN * number), book)


def _book_somebody(readers: Readers, at: datetime, *, is_soon: bool) -> None:
    under_way = Enrolment.objects.filter(state=EnrolmentState.ACTIVE, next_position__gte=1)
    enrolment = under_way.select_related("lead").order_by("-enrolled_at").first()
    if enrolment is None:
        return
    mailed = Delivery.objects.filter(kind=Kind.STEP, owner=enrolment.pk).order_by("-pk").first()
    if mailed is not None:
        readers.click_to_call(mailed.pk, at - timedelta(minutes=6))
    readers.book(enrolment.lead, at, is_soon=is_soon)


def _leave_one_in_doubt(now: datetime) -> None:
    """One mail of the last days of which nobody knows whether it left, for the front desk to decide on.

    One of which nothing was heard since: a click would prove that it arrived, and settle it at the first tick.
    """
    recent = Outcome.objects.filter(at__gt=now - timedelta(days=5)).order_by("-at")
    heard_of = Fact.objects.filter(delivery_id__in=recent.values("delivery_id")).values("delivery_id")
    for outcome in recent.exclude(delivery_id__in=heard_of):
        if wire.is_of_the_course(outcome.delivery_id):
            wire.doubt(outcome.delivery_id, since=outcome.at)
            return
