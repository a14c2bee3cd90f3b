"""Looking changes nothing: scanners follow every link, and proxies ask for every header."""

import pytest
from django.test import Client
from django.urls import resolve, reverse

from booking.models import Appointment, Goal
from leads.models import Consent
from newsletter import tokens
from tests.factories import mail
from tests.website import footprint, public

pytestmark = pytest.mark.django_db


@pytest.fixture
def real(ada):
    mail.enrolment(ada)
    return public.world(ada)


def addresses(real):
    """Every page once per token there is: each with its own kind, and with each other kind."""
    for kind in ("letter", "notice", "confirm"):
        yield from public.paths(token=real[kind], n=0, uid=real["uid"]).items()


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_at_every_page_writes_nothing_but_clicks_and_visits(real, method):
    visitor = Client()
    before = footprint.tables()

    statuses = {
        (name, getattr(visitor, method)(path, headers={"User-Agent": "Mozilla/5.0"}).status_code)
        for name, path in addresses(real)
    }

    assert footprint.tables() == before
    assert {status for _, status in statuses} <= ({405} if method == "options" else {200, 302, 404})


def test_the_fingerprint_sees_what_changes(real, client):
    before = footprint.tables()

    client.post(f"/u/{real['letter']}")

    after = footprint.tables()
    changed = {name for name in after if after[name] != before[name]}
    assert {"leads_consent", "newsletter_suppression", "newsletter_enrolment"} <= changed


def test_looking_only_appends_clicks_for_click_links_and_visits_for_pages(real, client):
    client.get(f"/c/{real['letter']}/0")
    assert footprint.appended() == {"newsletter_click": 1, "newsletter_visit": 0}

    client.get("/sciatica")
    assert footprint.appended() == {"newsletter_click": 1, "newsletter_visit": 1}

    client.head("/sciatica")
    client.get("/sciatica", headers={"Sec-Purpose": "prefetch;prerender"})
    assert footprint.appended() == {"newsletter_click": 1, "newsletter_visit": 1}


@pytest.mark.parametrize("name", public.names())
def test_every_page_is_open_to_visitors(name):
    path = public.paths(token="x" * 22, n=0, uid="12345678-1234-4234-8234-123456789012")[name]

    assert resolve(path).func.login_required is False


BEHIND_A_LINK = [name for name in public.names() if public.arguments(name) and name not in public.FOR_EVERYBODY]


@pytest.mark.parametrize("name", BEHIND_A_LINK)
def test_pages_behind_a_link_are_kept_by_nobody(real, client, name):
    answer = client.get(public.paths(token=real["notice"], n=0, uid=real["uid"])[name])

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


OWN = {"letter": {"unsubscribe", "preferences", "booked", "click"}, "notice": {"appointment", "unsubscribe"}}
BODY = {"button": "leave", "kind": "phone", "topics": "", "List-Unsubscribe": "One-Click"}


def state(lead):
    lead.refresh_from_db()
    return (
        list(Consent.objects.values_list("pk", "withdrawn_at")),
        Goal.objects.count(),
        list(Appointment.objects.values_list("state", flat=True)),
        (lead.paused_until, lead.declined_topics),
    )


@pytest.mark.parametrize("name", ["unsubscribe", "preferences", "booked", "appointment"])
@pytest.mark.parametrize("button", ["leave", "pause", "cancel"])
def test_a_confirmation_token_opens_no_other_page(real, client, ada, name, button):
    before = state(ada)

    client.post(reverse(f"website:{name}", args=[real["confirm"]]), {**BODY, "button": button})

    assert state(ada) == before


@pytest.mark.parametrize("kind", ["letter", "notice"])
def test_a_mails_token_confirms_nothing(real, client, ada, kind):
    before = state(ada)

    client.post(reverse("website:confirm", args=[real[kind]]), BODY)

    assert state(ada) == before


def test_a_letters_token_does_not_cancel_a_call(real, client, ada):
    client.post(reverse("website:appointment", args=[real["letter"]]), {"button": "cancel"})

    assert Appointment.objects.get().state == "booked"


def test_a_token_of_a_mail_to_staff_changes_nothing(client, ada):
    staff_token = tokens.sign(mail.delivery(ada, state=1, kind=6, lead_id=None, staff_id=1).pk)
    before = footprint.tables()

    for name in ("unsubscribe", "preferences", "booked", "appointment", "confirm"):
        for body in ({"button": "leave"}, {"button": "cancel"}, {"kind": "phone"}, {"List-Unsubscribe": "One-Click"}):
            assert client.post(reverse(f"website:{name}", args=[staff_token]), body).status_code == 200

    assert footprint.tables() == before
