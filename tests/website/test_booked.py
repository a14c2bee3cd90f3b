"""Already booked: the page asks how, its button ends the course and credits the mail behind it."""

import pytest

from booking.models import Goal
from tests.factories import mail
from tests.website import templates

pytestmark = pytest.mark.django_db


def test_looking_changes_nothing(client, ada, token):
    mail.enrolment(ada)

    answer = client.get(f"/b/{token}")

    assert templates(answer) == "website/booked.html"
    assert [value for value, _ in answer.context["kinds"]] == ["direct", "phone", "elsewhere", "patient"]
    assert Goal.objects.count() == 0


@pytest.mark.parametrize("kind", ["direct", "phone", "elsewhere", "patient"])
def test_saying_so_ends_the_course_and_is_credited_by_its_kind(client, ada, letter, token, kind):
    enrolment = mail.enrolment(ada)
    mail.click(letter)

    answer = client.post(f"/b/{token}", {"kind": kind})

    enrolment.refresh_from_db()
    goal = Goal.objects.get()
    assert answer.headers["Location"] == "/booked/thanks"
    assert (goal.kind, goal.lead, goal.credited_delivery_id) == (kind, ada, letter.pk)
    assert (enrolment.state, enrolment.exit_reason) == ("exited", "booked")


def test_the_click_that_led_here_is_a_persons_and_gets_the_credit(client, ada, letter, token):
    client.get(f"/c/{token}/0", headers={"User-Agent": "something"})

    client.post(f"/b/{token}", {"kind": "phone"})

    assert Goal.objects.get().credited_delivery_id == letter.pk


def test_saying_it_twice_is_one_booking(client, ada, token):
    for _ in range(2):
        assert client.post(f"/b/{token}", {"kind": "phone"}).status_code == 302

    assert Goal.objects.count() == 1


@pytest.mark.parametrize("kind", ["", "free_call", "nonsense", "\x00"])
def test_a_kind_that_is_not_offered_shows_the_page_again(client, ada, token, kind):
    answer = client.post(f"/b/{token}", {"kind": kind})

    assert templates(answer) == "website/booked.html"
    assert Goal.objects.count() == 0


def test_the_link_of_a_test_mail_changes_nothing(client, ada, test_token):
    for answer in (client.get(f"/b/{test_token}"), client.post(f"/b/{test_token}", {"kind": "phone"})):
        assert templates(answer) == "website/test_mail_notice.html"
    assert Goal.objects.count() == 0
