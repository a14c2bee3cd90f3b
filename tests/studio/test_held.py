"""What is held back says until when and why: of one person's ways, and of a whole sequence."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import queries as clinic
from clinic.clock import database_now
from leads.models import Lead
from newsletter.deliveries.models import State
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import services
from studio.queries import held
from tests.factories import clinics, mail, people
from tests.newsletter.sequences.course import DAY, NOW, enrolled, hand_over, open_course

pytestmark = pytest.mark.django_db
DUE = NOW + 2 * DAY


@pytest.fixture
def way() -> Enrolment:
    """Somebody who had the first mail, and is to get the second two days later."""
    open_course(0, 2, 2)
    found = enrolled()
    services.advance(NOW)
    hand_over(NOW)
    return found


def told(way: Enrolment, now: datetime) -> list[tuple[datetime | None, list[str]]]:
    """Until when, and why."""
    fresh = Enrolment.objects.select_related("lead").get(pk=way.pk)
    return [(one.until, one.why) for one in held.of_ways([fresh], now).values()]


def test_who_waits_as_planned_is_not_held(way: Enrolment):
    assert told(way, NOW + DAY) == []
    assert held.of_ways([], NOW) == {}


def test_the_cap_holds_until_there_is_room(way: Enrolment):
    clinics.clinic(cap_mails=2, cap_days=7)
    mail.delivery(way.lead, state=State.SUBMITTED, at=NOW + DAY)

    services.advance(DUE)

    assert told(way, DUE) == [(NOW + 7 * DAY, ["they get no more than 2 mails in 7 days"])]


def test_a_campaign_on_the_same_day_holds_until_the_next(way: Enrolment):
    mail.delivery(way.lead, state=State.SUBMITTED, at=DUE - timedelta(hours=1))

    services.advance(DUE)

    assert told(way, DUE) == [(DUE + DAY, ["a campaign goes to them on the same day"])]


def test_their_own_pause_holds_as_long_as_they_said(way: Enrolment):
    until = NOW + 20 * DAY
    Lead.objects.filter(pk=way.lead_id).update(paused_until=until)

    assert told(way, NOW + DAY) == [(until, ["they paused their mail"])]
    services.advance(DUE)
    assert told(way, DUE) == [(until, ["they paused their mail"])]


def test_who_waits_for_the_mail_before_is_told_so_without_a_moment(studio: Client):
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)

    assert told(way, NOW + DAY) == []
    services.advance(DUE)
    assert told(way, DUE) == [(None, ["the mail before it has not left yet, and the wait counts from then"])]
    of_one = studio.get(reverse("studio:lead", args=[way.lead_id])).text
    assert "Held back: the mail before it has not left yet" in of_one


def test_who_waits_since_the_mail_before_left_late_is_told_until_when():
    open_course(0, 2)
    way, late = enrolled(), DUE + timedelta(hours=2)
    services.advance(NOW)
    services.advance(DUE)
    hand_over(late)

    said = "the mail before it left late, and the wait counts from then"
    assert told(way, late) == [(late + 2 * DAY, [said])]
    services.advance(DUE + DAY)
    assert told(way, DUE + DAY) == []


def test_what_was_put_off_for_no_reason_of_its_own_says_so(way: Enrolment):
    Enrolment.objects.filter(pk=way.pk).update(due_at=DUE + DAY)

    assert told(way, DUE) == [(DUE + DAY, ["it was put off earlier, as by an outage, a pause or a change of the plan"])]


def test_both_pages_say_it_with_the_mail_and_the_moment(studio: Client):
    now = database_now()
    somebody = people.lead(first_name="Ada", paused_until=now + 9 * DAY)
    way = mail.enrolment(somebody, next_position=1, since=now - 3 * DAY, due_at=now - DAY)
    letter = way.version.steps.get(position=1).variant.email.subject
    until = f"{(now + 9 * DAY).astimezone(clinic.zone()):%H:%M}"

    of_one = studio.get(reverse("studio:lead", args=[somebody.pk])).text
    of_all = studio.get(reverse("studio:sequence", args=[way.sequence_id]))

    assert "Held back until" in of_one
    assert "they paused their mail" in of_one
    assert [(one.way, one.mail, one.why) for one in of_all.context["held"].people] == [
        (way, letter, ["they paused their mail"])
    ]
    assert of_all.text.count(until) >= 1


@pytest.mark.parametrize("count", [1, 3])
def test_many_cost_no_more_questions_than_one(count: int, django_assert_num_queries):
    open_course(0, 2, 2)
    for _ in range(count):
        Enrolment.objects.filter(pk=enrolled().pk).update(next_position=1, due_at=DUE + DAY, since=NOW)
    sequence = Enrolment.objects.select_related("sequence").first().sequence

    with django_assert_num_queries(9):
        found = held.of_sequence(sequence, DUE)

    assert (len(found.people), found.count, found.is_all) == (count, count, True)


@pytest.fixture
def behind_others(way: Enrolment) -> Enrolment:
    """One who is held for another week, behind 51 whose mail comes sooner, as planned."""
    for number in range(51):
        mail.enrolment(people.lead(), way.version, next_position=1, since=NOW, due_at=DUE - timedelta(minutes=number))
    Enrolment.objects.filter(pk=way.pk).update(due_at=DUE + 7 * DAY)
    return way


def test_who_is_held_is_found_behind_many_whose_turn_comes_sooner(studio: Client, behind_others: Enrolment):
    found = held.of_sequence(behind_others.sequence, NOW + DAY)

    assert [(one.way, one.until) for one in found.people] == [(behind_others, DUE + 7 * DAY)]
    assert (found.count, found.is_all) == (1, True)
    page = studio.get(reverse("studio:sequence", args=[behind_others.sequence_id])).text
    assert "1 person is held back" in page
    assert "there may be more" not in page


@pytest.mark.parametrize("name", ["LOOKED_AT", "MOST"])
def test_where_not_all_were_looked_at_the_page_says_so(studio: Client, way: Enrolment, monkeypatch, name: str):
    for _ in range(2):
        mail.enrolment(people.lead(), way.version, next_position=1, since=NOW, due_at=DUE + DAY)
    Enrolment.objects.filter(pk=way.pk).update(due_at=DUE + DAY)
    monkeypatch.setattr(held, name, 2)

    found = held.of_sequence(way.sequence, NOW + DAY)

    assert (len(found.people), found.is_all) == (2, False)
    page = studio.get(reverse("studio:sequence", args=[way.sequence_id])).text
    assert "At least 2 people are held back" in page
    assert "there may be more" in page


def test_of_very_many_the_first_are_shown_and_all_are_counted(studio: Client, way: Enrolment, monkeypatch):
    mail.enrolment(people.lead(), way.version, next_position=1, since=NOW, due_at=DUE + 2 * DAY)
    Enrolment.objects.filter(pk=way.pk).update(due_at=DUE + DAY)
    monkeypatch.setattr(held, "FIRST", 1)

    found = held.of_sequence(way.sequence, NOW + DAY)

    assert ([one.way for one in found.people], found.count, found.is_all) == ([way], 2, True)
    page = studio.get(reverse("studio:sequence", args=[way.sequence_id])).text
    assert "2 people are held back" in page
    assert "Shown are those whose mail goes soonest, 1 of them." in page


def test_every_sequence_that_somebody_is_in_stands_on_their_page_by_its_name(studio: Client):
    somebody = people.lead()
    for name in ("The sciatica course", "After the call", "Long over"):
        way = mail.enrolment(somebody)
        Sequence.objects.filter(pk=way.sequence_id).update(name=name)
    Enrolment.objects.filter(pk=way.pk).update(state="finished", due_at=None, ended_at=database_now())

    page = studio.get(reverse("studio:lead", args=[somebody.pk]))

    assert [one.way.sequence.name for one in page.context["person"].ways] == ["After the call", "The sciatica course"]
    assert "Take out of all sequences" in page.text
    Enrolment.objects.update(state="finished", due_at=None, ended_at=database_now())
    over = studio.get(reverse("studio:lead", args=[somebody.pk]))
    assert [one.way.sequence.name for one in over.context["person"].ways] == ["Long over"]
    assert "Take out of" not in over.text
