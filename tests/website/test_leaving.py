"""Leaving: by one click from a mail program, by our page, and back again within minutes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client

from clinic import clock
from leads.consent import queries
from leads.models import Consent, Lead
from newsletter.models import Enrolment, Fact, Sequence, Suppression
from newsletter.sequences.queries import COURSE_KEY
from tests.factories import mail
from tests.website import templates

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def mail_course():
    version = mail.sequence()
    Sequence.objects.update(key=COURSE_KEY)
    return version


def gets_mail(lead):
    return queries.live_marketing_consent(lead, clock.database_now()) is not None


def test_looking_shows_a_masked_address_and_changes_nothing(client, ada, token):
    answer = client.get(f"/u/{token}")

    assert templates(answer) == "website/unsubscribe.html"
    assert (answer.context["masked"], answer.context["gets_mail"]) == ("a•••@mail.example", True)
    assert gets_mail(ada)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"List-Unsubscribe=One-Click", FORM),
        (b"List-Unsubscribe=One-Click", f"{FORM}; charset=latin-1"),
        (b"List-Unsubscribe=One-Click", "text/plain"),
        (b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--',
         "multipart/form-data; boundary=b"),
        (b"--b\r\n\r\nbroken", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--b--',
         "multipart/form-data; boundary=b; charset=rot13"),
        (b"\xff\xfe", FORM),
        (b"", ""),
        (b"&".join(b"f%d=1" % n for n in range(2000)), FORM),
    ],
)  # fmt: skip
def test_one_click_ends_marketing_whatever_the_mail_program_writes(ada, letter, token, body, content_type):
    program = Client(enforce_csrf_checks=True)

    answer = program.generic("POST", f"/u/{token}", body, content_type, headers={"Origin": "https://mail.example"})

    assert (answer.status_code, answer.content, answer.cookies) == (200, b"", {})
    assert not gets_mail(ada)
    assert Consent.objects.get().withdrawn_how == "one click"
    assert Suppression.objects.get().scope == "marketing"
    assert [(fact.delivery_id, fact.kind) for fact in Fact.objects.all()] == [(letter.pk, "unsubscribed")]


def test_one_click_takes_no_notice_of_cookies(ada, token):
    program = Client(enforce_csrf_checks=True)
    program.cookies.load({"session": "x" * 32, "arrival": "forged", "csrf": "y" * 32})

    answer = program.post(f"/u/{token}", ONE_CLICK)

    assert (answer.status_code, answer.content, answer.cookies) == (200, b"", {})
    assert not gets_mail(ada)


def test_one_click_takes_the_short_way(client, ada, token):
    answer = client.post(f"/u/{token}", ONE_CLICK)

    assert not hasattr(answer.wsgi_request, "session")
    assert (answer["Content-Length"], "no-store" in answer["Cache-Control"]) == ("0", True)
    assert "Content-Security-Policy" in answer.headers


def test_one_click_twice_is_as_good_as_once(client, ada, token):
    answers = [client.post(f"/u/{token}", ONE_CLICK).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("unknown", ["x" * 22, "short", "ü" * 22, "%00"])
def test_one_click_on_an_unknown_link_is_answered_alike(client, clinic, unknown):
    answer = client.post(f"/u/{unknown}", ONE_CLICK)

    assert (answer.status_code, answer.content) == (200, b"")


def test_one_click_while_the_database_is_away_asks_to_come_again(client, ada, token):
    def gone(execute, *args):
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(gone):
        answer = client.post(f"/u/{token}", ONE_CLICK)

    assert answer.status_code == 503
    assert gets_mail(ada)


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_other_methods_are_not_allowed_and_change_nothing(client, ada, token, method):
    assert getattr(client, method)(f"/u/{token}").status_code == 405
    assert gets_mail(ada)


def test_our_button_leaves_and_the_page_offers_to_undo(client, ada, token):
    answer = client.post(f"/u/{token}", {"button": "leave"}, follow=True)

    assert templates(answer) == "website/unsubscribe.html"
    assert (answer.context["gets_mail"], answer.context["can_undo"]) == (False, True)
    assert Consent.objects.get().withdrawn_how == "unsubscribe page"


def test_leaving_ends_the_course_and_undoing_takes_it_up_where_it_was(client, ada, token):
    enrolment = mail.enrolment(ada, mail_course(), next_position=1)
    client.post(f"/u/{token}", {"button": "leave"})
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason) == ("exited", "unsubscribed")

    answer = client.post(f"/u/{token}", {"button": "undo"}, follow=True)

    enrolment.refresh_from_db()
    assert (answer.context["gets_mail"], answer.context["is_undone"]) == (True, True)
    assert gets_mail(ada)
    assert (enrolment.state, enrolment.next_position) == ("active", 1)
    assert not Suppression.objects.filter(lifted_at=None).exists()


def test_undoing_is_not_offered_after_ten_minutes_and_does_nothing(client, ada, token):
    client.post(f"/u/{token}", {"button": "leave"})
    Consent.objects.update(withdrawn_at=clock.database_now() - timedelta(minutes=10))

    answer = client.post(f"/u/{token}", {"button": "undo"}, follow=True)

    assert (answer.context["gets_mail"], answer.context["can_undo"]) == (False, False)
    assert not gets_mail(ada)


def test_links_of_a_test_mail_work_and_change_nothing(client, ada, test_token):
    for path in (f"/u/{test_token}", f"/p/{test_token}"):
        assert templates(client.get(path)) == "website/test_mail_notice.html"
        assert templates(client.post(path, {"button": "leave"})) == "website/test_mail_notice.html"
    assert client.post(f"/u/{test_token}", ONE_CLICK).content == b""

    assert gets_mail(ada)


def test_preferences_show_what_is_chosen(client, ada, token):
    Lead.objects.update(declined_topics=["course"])

    answer = client.get(f"/p/{token}")

    assert templates(answer) == "website/preferences.html"
    chosen = [(topic["value"], topic["wanted"]) for topic in answer.context["topics"]]
    assert chosen == [("course", False), ("newsletter", True)]
    assert answer.context["paused_until"] == ""


def test_topics_are_chosen(client, ada, token):
    client.post(f"/p/{token}", {"button": "topics", "topics": ["newsletter", "nonsense"]})

    ada.refresh_from_db()
    assert ada.declined_topics == ["course"]


def test_mail_is_paused_for_a_month_and_resumed(client, ada, token):
    answer = client.post(f"/p/{token}", {"button": "pause"}, follow=True)
    ada.refresh_from_db()
    assert timedelta(days=27) < ada.paused_until - clock.database_now() < timedelta(days=32)
    assert (answer.context["is_kept"], answer.context["paused_until"] != "") == (True, True)

    client.post(f"/p/{token}", {"button": "resume"})
    ada.refresh_from_db()
    assert ada.paused_until is None


def test_the_end_of_a_pause_is_a_day_of_the_readers_own_calendar(client, ada, token):
    Lead.objects.update(paused_until=datetime(2099, 12, 22, 3, tzinfo=UTC), time_zone="America/Vancouver")

    answer = client.get(f"/p/{token}")

    assert answer.context["paused_until"] == "Monday, 21 December (Vancouver time, PST)"


def test_the_preferences_page_can_be_left_by(client, ada, token):
    answer = client.post(f"/p/{token}", {"button": "leave"})

    assert answer.headers["Location"] == f"/u/{token}"
    assert Consent.objects.get().withdrawn_how == "preferences page"
    assert Enrolment.objects.count() == 0


@pytest.mark.parametrize("button", ["", "nonsense", "undo", "\x00"])
def test_a_button_that_does_not_exist_does_nothing(client, ada, token, button):
    answer = client.post(f"/p/{token}", {"button": button, "topics": []}, follow=True)

    ada.refresh_from_db()
    assert not answer.context["is_kept"]
    assert (ada.declined_topics, ada.paused_until) == ([], None)
    assert gets_mail(ada)


def test_the_pages_of_an_unknown_link_are_kind(client, clinic):
    for path in ("/u/", "/p/", "/b/"):
        assert templates(client.get(path + "x" * 22)) == "website/link_unknown.html"


def test_a_forwarded_link_shows_no_full_address(client, ada, token):
    for path in (f"/u/{token}", f"/p/{token}", f"/b/{token}"):
        assert "ada@mail.example" not in client.get(path).text
