"""The calendar file reads back as what was put in, in UTC, under one name through every move."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from booking.calendar import Call, Method, Organizer, file

CALL = Call(
    uid=UUID("6f0e1a52-95ff-4fa4-9d8a-6d2b8f1c9b11"),
    revision=0,
    starts_at=datetime(2026, 10, 13, 13, 40, tzinfo=UTC),
    ends_at=datetime(2026, 10, 13, 13, 55, tzinfo=UTC),
    changed_at=datetime(2026, 10, 1, 8, tzinfo=UTC),
    summary="Free call with Harbour Clinic",
    description="We call you.\nMove it: https://clinic.example/a/x",
    organizer=Organizer("Harbour Clinic", "hello@clinic.example"),
    attendee="ana@example.org",
)


def event_of(content):
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_request_reads_back_with_utc_times_and_both_people():
    calendar, event = event_of(file(CALL, Method.REQUEST))

    assert str(calendar["METHOD"]) == "REQUEST"
    assert event.decoded("DTSTART") == CALL.starts_at
    assert event.decoded("DTEND") == CALL.ends_at
    assert event["DTSTART"].to_ical() == b"20261013T134000Z"
    assert str(event["UID"]) == str(CALL.uid)
    assert event["SEQUENCE"] == 0
    assert str(event["SUMMARY"]) == CALL.summary
    assert str(event["DESCRIPTION"]) == CALL.description
    assert str(event["STATUS"]) == "CONFIRMED"
    assert str(event["ORGANIZER"]) == "mailto:hello@clinic.example"
    assert str(event["ATTENDEE"]) == "mailto:ana@example.org"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


def test_a_moved_call_keeps_its_name_and_counts_up():
    day = timedelta(days=1)
    moved = replace(CALL, revision=1, starts_at=CALL.starts_at + day, ends_at=CALL.ends_at + day)
    _, event = event_of(file(moved, Method.REQUEST))

    assert str(event["UID"]) == str(CALL.uid)
    assert event["SEQUENCE"] == 1


def test_a_cancellation_says_so_twice():
    calendar, event = event_of(file(replace(CALL, revision=2), Method.CANCEL))

    assert str(calendar["METHOD"]) == "CANCEL"
    assert str(event["STATUS"]) == "CANCELLED"
    assert event["SEQUENCE"] == 2


def test_a_download_names_no_attendee():
    calendar, event = event_of(file(CALL, Method.PUBLISH))

    assert str(calendar["METHOD"]) == "PUBLISH"
    assert "ATTENDEE" not in event


def test_a_clinic_without_an_address_yet_has_no_organizer():
    _, event = event_of(file(replace(CALL, organizer=Organizer("", "")), Method.PUBLISH))

    assert "ORGANIZER" not in event


@settings(deadline=None)
@given(
    starts_at=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZoneInfo("America/Toronto"))),
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200),
)
def test_any_time_and_any_words_read_back(starts_at, text):
    starts_at = starts_at.replace(microsecond=0).astimezone(UTC)
    call = replace(CALL, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=15), summary=text)
    _, event = event_of(file(call, Method.REQUEST))

    assert event.decoded("DTSTART") == starts_at
    assert str(event["SUMMARY"]) == text
