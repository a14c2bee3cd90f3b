"""Signing up: one answer for everybody, evidence for us, and nothing for programs."""

from html.parser import HTMLParser

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from leads.consent import wording
from leads.models import Consent, ConsentRequest, Lead
from newsletter.models import Delivery, Suppression
from tests.factories import clinics, people
from tests.website.forms import sign_up, stamped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic")]


def test_the_form_shows_the_words_and_gives_no_cookie(client, clinic):
    for path in ("/sign-up", "/sciatica"):
        answer = client.get(path)

        assert answer.status_code == 200
        assert answer.context["form"].words == wording.marketing(clinic)
        assert answer.cookies == {}


def test_signing_up_keeps_the_evidence_and_plans_the_question_to_the_addresss_owner(client, clinic):
    answer = client.post("/sign-up", sign_up(first_name=" Ada ", time_zone="Europe/Paris"), REMOTE_ADDR="203.0.113.9")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-up/thanks")
    lead, request = Lead.objects.get(), ConsentRequest.objects.get()
    assert (lead.email, lead.first_name, lead.time_zone) == ("ada@mail.example", "Ada", "Europe/Paris")
    assert request.wording.text == wording.marketing(clinic).text
    assert (request.page, request.referrer, request.network) == ("/sciatica", "search.example/find", "203.0.113.0/24")
    assert Delivery.objects.get().owner == request.pk
    assert Consent.objects.count() == 0


def test_the_article_knows_where_its_reader_came_from_without_a_cookie(client):
    page = client.get("/sciatica", headers={"Referer": "https://search.example/find?q=secret#x"})
    stamp = page.context["form"].shown

    assert (stamp.page, stamp.referrer) == ("/sciatica", "search.example/find")


@pytest.mark.parametrize("named", ["Mars/Olympus", "../etc/passwd", "x" * 500, "\x00", "America/Toronto "])
def test_a_time_zone_that_nobody_knows_counts_as_not_said(client, named):
    client.post("/sign-up", sign_up(time_zone=named))

    assert Lead.objects.get().time_zone == ""


def answers_for(client, *addresses):
    """What each of these visitors sees: status, headers, body, byte for byte."""
    seen = []
    for number, address in enumerate(addresses):
        answer = client.post("/sign-up", sign_up(email=address), REMOTE_ADDR=f"203.0.113.{number}")
        seen.append((answer.status_code, sorted(answer.headers.items()), answer.content, dict(answer.cookies)))
    return seen


def test_known_and_unknown_addresses_get_the_same_bytes(client):
    confirmed, left, erased, bounced = (people.lead(f"{name}@mail.example") for name in ("a", "b", "c", "d"))
    people.consent(confirmed)
    people.consent(left, withdrawn_at=timezone.now(), withdrawn_how="one click")
    Suppression.objects.create(address_hash=bounced.address_hash, scope="all", reason="hard_bounce", at=timezone.now())
    Lead.objects.filter(pk=erased.pk).update(email="", address_key=None, address_hash=None, erased_at=timezone.now())
    addresses = [f"{name}@mail.example" for name in ("a", "b", "c", "d", "stranger", "stranger")]

    seen = answers_for(client, *addresses)

    assert all(answer == seen[0] for answer in seen)


def test_the_answers_page_says_nothing_about_anybody(client):
    people.consent(people.lead("ada@mail.example"))

    pages = {client.get("/sign-up/thanks").content for _ in range(2)}

    assert len(pages) == 1
    assert b"ada" not in pages.pop()


def test_a_form_that_a_program_filled_in_is_thanked_and_forgotten(client):
    honest = client.post("/sign-up", sign_up(email="bob@mail.example"))
    trapped = client.post("/sign-up", sign_up(website="https://spam.example"))

    assert (trapped.status_code, trapped.headers["Location"]) == (honest.status_code, honest.headers["Location"])
    assert [lead.email for lead in Lead.objects.all()] == ["bob@mail.example"]


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "nonsense",
        "\x00",
        "ü:ü",
        "a:b:c",
        lambda: stamped("ask"),
        lambda: stamped("sign-up", seconds_ago=0.5),
        lambda: stamped("sign-up", seconds_ago=24 * 3600 + 5),
        lambda: stamped("sign-up", seconds_ago=-60),
    ],
)
def test_a_form_without_a_good_stamp_is_shown_again_with_one(client, stamp):
    sent = sign_up(stamp=stamp() if callable(stamp) else stamp, first_name="Ada")

    answer = client.post("/sign-up", sent)

    assert answer.status_code == 422
    assert Lead.objects.count() == 0
    form = answer.context["form"]
    assert form["first_name"].value() == "Ada"
    assert len(form.non_field_errors()) == 1
    assert form["stamp"].value() != sent["stamp"]


def test_a_form_shown_again_remembers_the_page_it_began_on(client):
    answer = client.post("/sign-up", sign_up(stamp=stamped("sign-up", seconds_ago=24 * 3600 + 5)))

    assert answer.context["form"].shown.page == "/sciatica"


def test_nobody_agrees_to_words_they_were_not_shown(client):
    sent = sign_up()
    clinics.clinic(name="Another Clinic")

    answer = client.post("/sign-up", sent)

    assert answer.status_code == 422
    assert ConsentRequest.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""}, {"email": "ada"}, {"email": "ada@mail.example\r\nBcc: b@mail.example"},
        {"email": "ada@mail.example, bob@mail.example"}, {"email": "a" * 300 + "@mail.example"},
        {"first_name": "see https://spam.example"}, {"first_name": "WWW.spam.example"}, {"first_name": "<b>"},
        {"first_name": "a\u202eb"}, {"first_name": "x" * 81}, {"first_name": "\x00"}, {"email": "\x00"},
    ],
)  # fmt: skip
def test_wrong_entries_are_explained_beside_the_field(client, wrong):
    answer = client.post("/sign-up", sign_up(**wrong))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)
    assert Lead.objects.count() == 0


def test_the_sixth_form_of_an_hour_is_one_too_many_whoever_it_names(client):
    people.consent(people.lead("known@mail.example"))
    answers = [client.post("/sign-up", sign_up(email=f"p{n}@mail.example")) for n in range(5)]
    late = [client.post("/sign-up", sign_up(email=f"{name}@mail.example")) for name in ("known", "new")]

    assert {answer.status_code for answer in answers} == {302}
    assert [answer.status_code for answer in late] == [429, 429]
    assert late[0].content == late[1].content
    assert not Lead.objects.filter(email="new@mail.example").exists()


def test_what_a_visitor_claims_to_be_forwarded_for_is_not_believed(client):
    statuses = [
        client.post(
            "/sign-up", sign_up(email=f"p{n}@mail.example"), headers={"X-Forwarded-For": f"198.51.100.{n}"}
        ).status_code
        for n in range(6)
    ]

    assert statuses == [302] * 5 + [429]


def test_what_a_trusted_proxy_saw_is_believed_and_nothing_left_of_it(client, settings):
    settings.PROXY_COUNT = 1

    client.post("/sign-up", sign_up(), headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.7"})

    assert ConsentRequest.objects.get().network == "198.51.100.0/24"


def test_no_cookie_and_no_token_is_needed(clinic):
    browser = Client(enforce_csrf_checks=True)

    assert browser.post("/sign-up", sign_up()).status_code == 302


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Sec-Fetch-Site": "none"}, 302),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 302),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[broken"}, 403),
    ],
)
def test_forms_come_from_our_own_pages(client, headers, status):
    assert client.post("/sign-up", sign_up(), headers=headers).status_code == status
    assert Lead.objects.count() == (status == 302)


def test_while_redis_is_away_people_can_sign_up(client, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}

    answers = [client.post("/sign-up", sign_up(email=f"p{n}@mail.example")).status_code for n in range(7)]

    assert answers == [302] * 7


def test_while_the_database_is_away_the_page_says_when_to_come_back(client):
    def gone(execute, *args):
        raise OperationalError("the server is gone")

    sent = sign_up()
    with connection.execute_wrapper(gone):
        answer = client.post("/sign-up", sent)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")


@pytest.mark.parametrize("path", ["/sciatica", "/sign-up"])
def test_the_form_on_the_page_is_all_that_a_browser_without_scripts_needs(client, path):
    page = FormOnPage()
    page.feed(client.get(path).text)

    sent = {**page.fields, "email": "ada@mail.example", "stamp": stamped("sign-up")}
    answer = client.post(page.action, sent)

    assert page.method == "post"
    assert set(page.fields) == {"email", "first_name", "time_zone", "website", "stamp"}
    assert page.fields["stamp"]
    assert answer.headers["Location"] == "/sign-up/thanks"


class FormOnPage(HTMLParser):
    """The form that a browser would find on a page, with what stands in its fields."""

    def __init__(self):
        super().__init__()
        self.action, self.method, self.fields = "", "", {}

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.action, self.method = found["action"], found["method"]
        if tag == "input":
            self.fields[found["name"]] = found.get("value", "")
