"""The confirmation link: looking does nothing, one press confirms, later presses are answered kindly."""

from datetime import timedelta

import pytest

from clinic import clock
from leads.consent import services, tokens
from leads.consent.services import Shown
from leads.models import Consent, ConsentRequest
from leads.privacy.services import erase
from newsletter.models import Delivery, Enrolment, Sequence
from newsletter.sequences.queries import COURSE_KEY
from tests.factories import mail, people
from tests.website import templates

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_ada(clinic):
    lead = people.lead("ada@mail.example", first_name="Adalbert")
    return services.request(lead, evidence=Shown(people.wording(), page="/sciatica"), now=clock.database_now())


@pytest.fixture
def link(request_of_ada):
    return f"/confirm/{tokens.mint(request_of_ada.pk, now=clock.database_now())}"


def test_looking_shows_one_button_and_confirms_nothing(client, link):
    for _ in range(3):
        answer = client.get(link)

    assert templates(answer) == "website/confirm.html"
    assert answer.context["masked"] == "a•••@mail.example"
    assert "Adalbert" not in answer.text
    assert Consent.objects.count() == 0


def test_pressing_the_button_confirms_and_leads_to_a_page_without_the_token(client, link):
    answer = client.post(link, REMOTE_ADDR="203.0.113.9")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/welcome")
    consent = Consent.objects.get()
    assert (consent.basis, consent.page, consent.network) == ("express", "/sciatica", "203.0.113.0/24")


def test_confirming_begins_the_course_and_plans_nothing_by_itself(client, link):
    mail.sequence()
    Sequence.objects.update(key=COURSE_KEY)
    planned = Delivery.objects.count()

    client.post(link)

    assert Enrolment.objects.get().consent == Consent.objects.get()
    assert Delivery.objects.count() == planned


def test_pressing_again_is_welcomed_again(client, link):
    answers = [client.post(link).headers["Location"] for _ in range(2)]

    assert answers == ["/welcome", "/welcome"]
    assert Consent.objects.count() == 1


def test_looking_again_later_says_that_it_is_done(client, link):
    client.post(link)

    answer = client.get(link)

    assert (templates(answer), answer.context["gets_mail"]) == ("website/confirm_used.html", True)


def test_looking_again_after_leaving_does_not_claim_that_mail_will_come(client, link, request_of_ada):
    client.post(link)
    services.withdraw(request_of_ada.lead, how="one click", now=clock.database_now())

    answer = client.get(link)

    assert (templates(answer), answer.context["gets_mail"]) == ("website/confirm_used.html", False)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_too_old_says_so_and_offers_to_begin_again(client, link, method):
    ConsentRequest.objects.update(expires_at=clock.database_now() - timedelta(seconds=1))

    answer = getattr(client, method)(link)

    assert (answer.status_code, templates(answer)) == (200, "website/confirm_expired.html")
    assert Consent.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("token", ["x" * 22, "%00", "ü", "x" * 4000])
def test_an_unknown_link_is_answered_kindly(client, clinic, method, token):
    answer = getattr(client, method)(f"/confirm/{token}")

    assert (answer.status_code, templates(answer)) == (200, "website/link_unknown.html")


def test_the_link_of_somebody_who_was_erased_is_unknown(client, link, request_of_ada):
    erase(request_of_ada.lead, by=None, now=clock.database_now())

    assert templates(client.get(link)) == "website/link_unknown.html"
    assert templates(client.post(link)) == "website/link_unknown.html"


def test_another_site_cannot_press_the_button(client, link):
    assert client.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert Consent.objects.count() == 0
