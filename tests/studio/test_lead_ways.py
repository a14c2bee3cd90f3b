import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from newsletter.models import Enrolment
from newsletter.sequences import services
from tests.newsletter.sequences.course import DAY, NOW, cancelled, enrolled, hand_over, open_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def way() -> Enrolment:
    open_course(0, 2, 3)
    found = enrolled()
    services.advance(NOW)
    hand_over(NOW)
    found.refresh_from_db()
    return found


def page(way: Enrolment) -> str:
    return reverse("studio:lead_ways", args=[way.lead_id])


def test_the_page_says_what_comes_next_and_offers_what_they_have_not_had(studio: Client, way: Enrolment) -> None:
    shown = studio.get(page(way))

    [(told, form)] = shown.context["ways"]
    assert told.way == way
    assert told.following.startswith("Step 2: 2 days later")
    assert [key for key, _words in told.steps] == [2, 3]
    assert [value for value, _words in form.fields["act"].choices] == ["pause", "skip", "move", "leave"]
    assert page(way) in studio.get(reverse("studio:lead", args=[way.lead_id])).text


@pytest.mark.parametrize(
    ("act", "then"),
    [("pause", ("paused", 1)), ("skip", ("active", 2)), ("move", ("active", 2)), ("leave", ("exited", 1))],
)
def test_what_is_chosen_is_done_with_the_reason(
    studio: Client, owner: User, way: Enrolment, act: str, then: tuple[str, int]
) -> None:
    answer = studio.post(page(way), {"way": way.pk, "next": "2", "act": act, "step": "3", "reason": "Asked for it"})

    way.refresh_from_db()
    assert answer.status_code == 302
    assert (way.state, way.next_position) == then
    event = AuditEvent.objects.get(subject=f"lead:{way.lead_id}")
    assert (event.by, event.detail["reason"]) == (owner, "Asked for it")


def test_who_is_held_can_go_on(studio: Client, way: Enrolment) -> None:
    studio.post(page(way), {"way": way.pk, "act": "pause", "reason": "On holiday"})

    studio.post(page(way), {"way": way.pk, "act": "resume", "reason": "Back"})

    way.refresh_from_db()
    assert way.state == "active"


def test_without_a_reason_or_a_step_nothing_is_done(studio: Client, way: Enrolment) -> None:
    unsaid = studio.post(page(way), {"way": way.pk, "act": "move", "reason": ""})

    [(_told, form)] = unsaid.context["ways"]
    assert (unsaid.status_code, set(form.errors)) == (422, {"reason", "step"})
    assert not AuditEvent.objects.filter(subject=f"lead:{way.lead_id}").exists()


@pytest.mark.parametrize("act", ["skip", "move"])
def test_what_was_meant_for_a_step_that_the_tick_has_passed_is_asked_again(
    studio: Client, way: Enrolment, act: str
) -> None:
    said = {"way": way.pk, "next": "2", "act": act, "step": "3", "reason": "Told on the phone"}
    services.advance(NOW + 2 * DAY)

    again = studio.post(page(way), said)

    way.refresh_from_db()
    [(told, form)] = again.context["ways"]
    assert (again.status_code, way.next_position, cancelled(way)) == (409, 2, [])
    assert "They have gone on since you looked" in again.text
    assert (told.next, form["next"].value(), form["reason"].value()) == (3, 3, "Told on the phone")
    assert studio.post(page(way), {**said, "next": "3"}).status_code == 302


@pytest.mark.parametrize("act", ["pause", "leave"])
def test_what_is_meant_for_the_person_is_done_wherever_they_stand(studio: Client, way: Enrolment, act: str) -> None:
    services.advance(NOW + 2 * DAY)

    assert studio.post(page(way), {"way": way.pk, "next": "2", "act": act, "reason": "Ill"}).status_code == 302
    assert len(cancelled(way)) == 1


def test_what_is_over_or_was_had_is_said_and_not_done(studio: Client, way: Enrolment) -> None:
    had = studio.post(page(way), {"way": way.pk, "act": "move", "step": "1", "reason": "Again"})
    over = studio.post(page(way), {"way": way.pk + 1, "act": "skip", "reason": "Again"}, follow=True)

    assert had.status_code == 422
    assert "That is over for them already." in over.text


def test_who_has_finished_but_for_the_last_mail_can_be_kept_from_it(studio: Client, owner: User) -> None:
    open_course(0)
    way = enrolled()
    services.advance(NOW)

    shown = studio.get(page(way))
    [(told, form)] = shown.context["ways"]
    assert (len(told.leaving), told.following) == (1, "")
    assert [value for value, _words in form.fields["act"].choices] == ["pause", "leave"]

    studio.post(page(way), {"way": way.pk, "act": "leave", "reason": "Asked for it"})
    assert cancelled(way) == [1]
    assert studio.get(page(way)).context["ways"] == []
