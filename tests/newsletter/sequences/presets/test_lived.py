"""What ships, lived through: what begins each of them, what ends it, who comes again, and what comes when.

What is expected stands here in days and hours; nothing of it is read from the plans.
"""

from datetime import datetime, timedelta

import pytest

from booking import services as diary
from booking.models import Appointment, AppointmentState
from booking.services import Wanted
from clinic.models import DayOff
from leads.intake import services as intake
from leads.intake.services import Question
from leads.models import Lead
from newsletter.deliveries.models import Kind, State
from newsletter.models import Batch, Chunk, Delivery, Enrolment, Sequence
from newsletter.sequences import goals, publishing, services, triggers
from newsletter.sequences.models import Notice
from newsletter.sequences.publishing import Choice
from tests.factories import clinics, mail, people, stock
from tests.newsletter.sequences.course import DAY, NOW, enrolled, hand_over, planned, walk_and_mail
from tests.newsletter.sequences.ways import PERSON_SEEN, click, ending, reader, tick, who

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
QUIET_AT = NOW + 2 * HOUR


@pytest.fixture(autouse=True)
def installed() -> None:
    clinics.clinic()
    stock.sequences(NOW)


def live(key: str) -> Sequence:
    found = Sequence.objects.get(key=key)
    publishing.publish(found.pk, Choice(), seen=publishing.Seen(found.draft_number), by=people.staff(), now=NOW)
    return Sequence.objects.get(key=key)


def at(*moments: datetime) -> None:
    """Tick then, and let everything leave at once."""
    for moment in moments:
        tick(moment)
        hand_over(moment)


def days(first: float, last: float) -> list[datetime]:
    """Every two hours from the one day to the other."""
    return [NOW + number * 2 * HOUR for number in range(int(first * 12), int(last * 12) + 1)]


def came(way: Enrolment) -> list[tuple[int, timedelta]]:
    """The mails of this way by key, each with how long after NOW it was planned."""
    chunks = dict(Chunk.objects.values_list("pk", "batch_id"))
    planned_at = dict(Batch.objects.values_list("pk", "planned_at"))
    mails = Delivery.objects.filter(kind=2, owner=way.pk).order_by("pk")
    return [(one.item, planned_at[chunks[one.chunk_id]] - NOW) for one in mails]


def books(lead: Lead, starts_at: datetime, *, now: datetime) -> Appointment:
    wanted = Wanted(starts_at=starts_at, phone="+14165550123", time_zone="America/Toronto")
    return diary.book_for(lead, wanted=wanted, by=people.staff(), now=now)


def went(call: Appointment, state: AppointmentState, *, now: datetime) -> None:
    diary.record_outcome(call, state=state, by=people.staff(), now=now)


def only_way(of: Sequence) -> Enrolment:
    return Enrolment.objects.get(sequence=of)


def asks(lead: Lead, now: datetime) -> None:
    intake.ask(Question(lead.email, "Is that normal?"), now=now)


# The course


def test_in_the_course_a_question_after_the_fifth_letter_gets_a_person_and_the_other_letters_come():
    asker, silent = enrolled(), enrolled()
    walk_and_mail(NOW + 12 * DAY)
    assert planned(asker) == [1, 2, 3, 4, 5]

    asks(asker.lead, NOW + 12.25 * DAY)
    walk_and_mail(NOW + 24 * DAY, start=NOW + 12.25 * DAY)

    assert list(Notice.objects.values_list("enrolment", "at")) == [(asker.pk, NOW + 12.25 * DAY)]
    assert came(asker)[5:] == [(6, 17.25 * DAY), (7, 22.25 * DAY)]
    assert came(silent)[5:] == [(6, 16 * DAY), (7, 21 * DAY)]
    assert ending(asker) == ending(silent) == ("finished", "")


@pytest.mark.parametrize("asked_on", [11, 14.5], ids=["before", "too late"])
def test_a_question_at_another_time_calls_nobody_in_the_course(asked_on):
    way = enrolled()
    walk_and_mail(NOW + asked_on * DAY)

    asks(way.lead, NOW + asked_on * DAY)
    walk_and_mail(NOW + 16 * DAY, start=NOW + asked_on * DAY)

    assert Notice.objects.count() == 0
    assert came(way)[5:] == [(6, 16 * DAY)]


def test_who_books_after_the_invitation_gets_no_letter_more_and_no_second_course():
    way = enrolled()
    walk_and_mail(NOW + 16 * DAY)
    goals.clicked(click(way, 6, at=NOW + 16 * DAY + HOUR).pk, NOW + 16 * DAY + HOUR)
    books(way.lead, NOW + 20 * DAY, now=NOW + 16 * DAY + 2 * HOUR)

    walk_and_mail(NOW + 24 * DAY, start=NOW + 16.25 * DAY)

    assert (planned(way), ending(way)) == ([1, 2, 3, 4, 5, 6], ("exited", "booked"))
    assert services.enrol(way.lead, consent=people.consent(way.lead), now=NOW + 400 * DAY) is None


def test_a_click_in_an_earlier_letter_brings_no_letter_more():
    way = enrolled()
    walk_and_mail(NOW + 12 * DAY)
    goals.clicked(click(way, 5, at=NOW + 12 * DAY + HOUR).pk, NOW + 12 * DAY + HOUR)

    walk_and_mail(NOW + 24 * DAY, start=NOW + 12.25 * DAY)

    assert came(way)[5:] == [(6, 16 * DAY), (7, 21 * DAY)]


# Around a call


def test_a_booking_begins_what_comes_before_the_call_and_each_call_once():
    before, lead = live("before-the-call"), reader()
    first = books(lead, NOW + 3 * DAY, now=NOW)
    second = books(lead, NOW + 5 * DAY, now=NOW + DAY)

    at(*days(0, 2))

    assert [(occasion, state) for _lead, occasion, _turn, state in who(before)] == [
        (first.pk, "finished"),
        (second.pk, "finished"),
    ]
    assert [came(way) for way in before.enrolments.order_by("pk")] == [[(1, 2 * HOUR)], [(1, DAY + 2 * HOUR)]]


def test_who_books_in_the_evening_for_the_morning_hears_before_the_call_on_a_day_off_too():
    """Booked at seven for half past eight: at eight the mail goes."""
    before, lead = live("before-the-call"), reader()
    DayOff.objects.create(on=(NOW + DAY).date(), label="Inventory")
    books(lead, NOW + 22.5 * HOUR, now=NOW + 9 * HOUR)

    at(*days(0.75, 2))

    assert came(only_way(before)) == [(1, 22 * HOUR)]


def test_nothing_comes_before_a_call_once_it_begins():
    """Booked at seven for eight, when mail begins to leave: it would come into the call."""
    before, lead = live("before-the-call"), reader()
    books(lead, NOW + 22 * HOUR, now=NOW + 9 * HOUR)

    at(NOW + 11 * HOUR, NOW + 22 * HOUR)

    assert (came(only_way(before)), ending(only_way(before))) == ([], ("exited", "over"))


def test_a_mail_before_a_call_that_is_put_off_does_not_come_after_it():
    """By then they have had as many mails as the clinic allows; the call is on the day on which there is room again."""
    before, lead = live("before-the-call"), reader()
    clinics.clinic(cap_mails=1, cap_days=3)
    mail.delivery(lead, kind=Kind.CAMPAIGN, state=State.SUBMITTED, at=NOW - HOUR, variant_id=1)
    books(lead, NOW + 3 * DAY - 2 * HOUR, now=NOW)

    at(NOW + 2 * HOUR, NOW + 3 * DAY - HOUR)

    assert (came(only_way(before)), ending(only_way(before))) == ([], ("exited", "over"))


def test_a_call_that_is_moved_is_prepared_for_at_its_new_time():
    before, lead = live("before-the-call"), reader()
    call = books(lead, NOW + 22 * HOUR, now=NOW + 9 * HOUR)
    times = {name: getattr(call, name) + 2 * DAY for name in ("starts_at", "ends_at", "blocked_until")}
    Appointment.objects.filter(pk=call.pk).update(**times)

    at(NOW + 11 * HOUR, NOW + 22 * HOUR)

    assert came(only_way(before)) == [(1, 22 * HOUR)]


def test_a_cancelled_call_is_over_and_nothing_comes_before_it():
    before, lead = live("before-the-call"), reader()
    call = books(lead, NOW + 3 * DAY, now=NOW)
    diary.cancel(call, now=NOW + HOUR)

    at(*days(0, 1))

    assert (came(only_way(before)), ending(only_way(before))) == ([], ("exited", "over"))


def test_who_has_come_to_the_call_is_not_prepared_for_it():
    before, lead = live("before-the-call"), reader()
    call = books(lead, NOW + HOUR, now=NOW)
    went(call, AppointmentState.ATTENDED, now=NOW + HOUR)

    at(*days(0, 1))

    assert (came(only_way(before)), ending(only_way(before))) == ([], ("exited", "attended"))


def test_who_came_to_the_call_is_thanked_and_hears_of_the_next_step_once_for_each_call():
    after, lead = live("after-the-call"), reader()
    calls = [books(lead, NOW + number * HOUR, now=NOW) for number in (1, 2, 3)]
    assert who(after) == []

    went(calls[0], AppointmentState.ATTENDED, now=NOW + 2 * HOUR)
    went(calls[2], AppointmentState.MISSED, now=NOW + 3 * HOUR)
    at(*days(0, 7))
    went(calls[1], AppointmentState.ATTENDED, now=NOW + 7 * DAY)
    at(*days(7, 7.5))

    first, second = after.enrolments.order_by("pk")
    assert came(first) == [(1, 4 * HOUR), (2, 5 * DAY + 4 * HOUR)]
    assert (first.occasion, ending(first)) == (calls[0].pk, ("finished", ""))
    assert (second.occasion, came(second)) == (calls[1].pk, [(1, 7 * DAY + 2 * HOUR)])


@pytest.mark.parametrize(
    ("key", "how", "had"),
    [
        ("after-the-call", AppointmentState.ATTENDED, [(1, 4 * HOUR)]),
        ("missed-call", AppointmentState.MISSED, [(1, 4 * HOUR)]),
    ],
)
def test_who_books_again_after_a_call_hears_no_more_of_it(key, how, had):
    sequence, lead = live(key), reader()
    went(books(lead, NOW + HOUR, now=NOW), how, now=NOW + 2 * HOUR)
    at(*days(0, 1))
    books(lead, NOW + 9 * DAY, now=NOW + DAY)

    at(*days(1, 6))

    assert (came(only_way(sequence)), ending(only_way(sequence))) == (had, ("exited", "booked"))
    assert Notice.objects.count() == 0


# Who is quiet, and who wants the news alone


def silent() -> Lead:
    """Somebody who agreed so long ago that ninety days are over at QUIET_AT, and did nothing since."""
    return people.consent(people.lead(), granted_at=QUIET_AT - 90 * DAY).lead


def test_who_is_quiet_for_ninety_days_is_asked_twice_and_then_marked():
    quiet = live("quiet-for-long")
    lead, lately = silent(), people.consent(granted_at=QUIET_AT - 89 * DAY).lead
    at(NOW, QUIET_AT - HOUR)
    assert who(quiet) == []

    at(QUIET_AT, QUIET_AT + 13.9 * DAY)
    assert who(quiet) == [(lead.pk, 0, 0, "active"), (lately.pk, 0, 0, "active")]
    way = quiet.enrolments.get(lead=lead)
    at(*days(14, 15), QUIET_AT + 27.9 * DAY)
    assert (came(way), lead.taggings.count()) == ([(1, 2 * HOUR), (2, 14 * DAY + 2 * HOUR)], 0)
    at(QUIET_AT + 28 * DAY)

    assert list(lead.taggings.values_list("tag__name", flat=True)) == ["quiet"]
    assert ending(way) == ("finished", "")


def test_who_is_in_the_course_is_not_asked_whether_they_still_want_letters():
    quiet = live("quiet-for-long")
    inside, outside = silent(), silent()
    consent = inside.consents.get()
    assert triggers.enrol(inside, consent=consent, now=NOW) is not None

    at(NOW, QUIET_AT, QUIET_AT + DAY)

    assert [lead for lead, *_rest in who(quiet)] == [outside.pk]


def test_who_clicks_when_asked_is_asked_no_more_however_quiet_they_are_then():
    quiet, lead = live("quiet-for-long"), silent()
    at(NOW, QUIET_AT)
    way = only_way(quiet)
    clicked_at = QUIET_AT + DAY
    click(way, 1, at=clicked_at)

    at(clicked_at + PERSON_SEEN, *days(14, 15), clicked_at + 91 * DAY)

    assert (came(way), ending(way)) == ([(1, 2 * HOUR)], ("exited", "clicked"))
    assert [found for found, *_rest in who(quiet)] == [lead.pk]


def test_who_has_the_news_alone_and_books_is_invited_no_more():
    news = live("news-only")
    consent = people.consent(people.lead(declined_topics=["course"]))
    triggers.enrol(consent.lead, consent=consent, now=NOW)
    enrolled()
    at(NOW, NOW + DAY)
    books(consent.lead, NOW + 9 * DAY, now=NOW + DAY)

    at(*days(7, 8))

    assert (came(only_way(news)), ending(only_way(news))) == ([(1, timedelta())], ("exited", "booked"))
    assert triggers.enrol(consent.lead, consent=people.consent(consent.lead), now=NOW + 400 * DAY) is None
