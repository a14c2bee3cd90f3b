"""The finished mails about a call: our shipped words, with what the diary fills in, as they leave."""

from email import message_from_bytes, policy

import pytest
from icalendar import Calendar

from booking import fillers, queries, services
from booking.notices import Occasion
from clinic import clock
from newsletter import tokens
from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate, letters
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.record import Record
from newsletter.models import Delivery, Variant
from newsletter.rendering import lint
from newsletter.rendering.letter import Recipient, prepare
from tests.booking.diary import FRIDAY, NOW, visitor, wanted
from tests.factories import people, stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shipped(clinic):
    stock.mails(NOW)


def letter(call, occasion):
    """The mail about this call and occasion, parsed; what the linter says of its bytes must be nothing."""
    row = Delivery.objects.get(owner=call.pk, kind=5, item=call.revision * 10 + occasion)
    slotted = Slotted(row.pk, row.owner, row.item, row.lead_id, row.staff_id)
    filled = fillers.appointments([slotted], NOW)[row.pk]
    return finished(row, call.lead, filled)


def finished(row, lead, filled):
    revision = Variant.objects.get(pk=row.variant_id).current
    content = prepare(revision).fill(
        Recipient(
            row.pk,
            tokens.sign(row.pk),
            tokens.sign_page(row.pk),
            tokens.name(row.pk),
            lead.email,
            NOW,
            lead.first_name,
            slots=filled.slots,
            attachment=filled.attachment,
        )
    )
    assert lint.problems(content) == []
    return message_from_bytes(content, policy=policy.default)


def text_of(message):
    return message.get_body(("plain",)).get_content()


@pytest.fixture
def call():
    return services.book(visitor(), wanted=wanted(), now=NOW)


def test_the_confirmation_says_when_and_brings_the_calendar_file(call):
    message = letter(call, Occasion.BOOKED)
    (file,) = message.iter_attachments()

    assert message["Subject"] == "Your call is booked"
    assert "Thursday, 8 October at 9:40 a.m. (Toronto time, EDT)" in text_of(message)
    assert "We call the number ending in 23." in text_of(message)
    assert (file.get_content_type(), file.get_filename()) == ("text/calendar", "call.ics")
    assert file["Content-Type"].params["method"] == "REQUEST"
    (event,) = Calendar.from_ical(file.get_content()).walk("VEVENT")
    assert event.decoded("DTSTART") == call.starts_at


def test_its_link_to_change_the_call_is_the_mails_own(call):
    row = Delivery.objects.get(owner=call.pk, item=Occasion.BOOKED, kind=5)
    message = letter(call, Occasion.BOOKED)
    (file,) = message.iter_attachments()
    (event,) = Calendar.from_ical(file.get_content()).walk("VEVENT")

    assert f"/a/{tokens.sign(row.pk)}" in text_of(message)
    assert f"/a/{tokens.sign(row.pk)}" in str(event["DESCRIPTION"])


@pytest.mark.parametrize("occasion", [Occasion.REMINDER_DAY, Occasion.REMINDER_HOUR])
def test_reminders_say_when(call, occasion):
    message = letter(call, occasion)

    assert "Thursday, 8 October at 9:40 a.m. (Toronto time, EDT)" in text_of(message)
    assert list(message.iter_attachments()) == []


def test_moving_and_cancelling_are_told_with_their_files(call):
    moved = services.move(call, starts_at=FRIDAY, now=NOW)
    told = letter(moved, Occasion.MOVED)
    cancelled = services.cancel(call, now=NOW)
    taken_back = letter(cancelled, Occasion.CANCELLED)
    methods = [next(message.iter_attachments())["Content-Type"].params["method"] for message in (told, taken_back)]

    assert methods == ["REQUEST", "CANCEL"]
    assert "Friday, 9 October at 10 a.m. (Toronto time, EDT)" in text_of(told)
    assert taken_back["Subject"] == "Your call is cancelled"


def leaving():
    """The subjects that the gate lets out now."""
    subjects = []
    while (lease := claim.next_lease("transactional", owner="test", window=100)) is not None:
        admitted = gate.admit(lease, Record(), window=100)
        if admitted is not None:
            mails = [letters.finished(row, admitted) for row in admitted.rows]
            subjects += [message_from_bytes(mail.content, policy=policy.default)["Subject"] for mail in mails]
            gate.admit(lease, Record(), window=100)
    return subjects


def test_what_is_withdrawn_before_it_leaves_does_not_leave():
    now = clock.database_now()
    call = services.book(visitor(), wanted=wanted(queries.open_slots(now=now)[-1]), now=now)
    services.cancel(call, now=now)

    assert leaving() == ["Your call is cancelled"]


def test_the_confirmation_leaves_at_once_and_the_reminders_wait():
    now = clock.database_now()
    services.book(visitor(), wanted=wanted(queries.open_slots(now=now)[-1]), now=now)

    assert leaving() == ["Your call is booked"]
    assert leaving() == []


@pytest.mark.parametrize("horizon_is_open", [True, False])
def test_the_invitation_names_free_times_or_says_where_to_find_them(clinic, horizon_is_open):
    if not horizon_is_open:
        clinic.call_notice_hours, clinic.call_horizon_days = 336, 1
        clinic.save()
    lead = people.lead()
    variant = Variant.objects.get(email__key="course-16")
    row = Delivery(pk=5000, owner=1, item=5, lead_id=lead.pk, variant_id=variant.pk, kind=2)
    slotted = Slotted(row.pk, row.owner, row.item, row.lead_id, row.staff_id)
    text = text_of(finished(row, lead, fillers.free_times([slotted], NOW)[row.pk]))

    assert ("Monday, 5 October at noon" in text) is horizon_is_open
    assert ("You find them on the booking page" in text) is not horizon_is_open
