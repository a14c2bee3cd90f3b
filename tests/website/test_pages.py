"""The quiet pages, the headers of all of them, and the pages for what goes wrong."""

import pytest
from django.test import Client
from django.urls import get_resolver

from newsletter.models import Visit
from tests.website import templates
from website import errors

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/sciatica"])
def test_the_article_is_counted_by_page_and_site_and_says_nothing_about_who(client, clinic, path):
    answer = client.get(path, headers={"Referer": "https://search.example/find?q=leg"})

    assert (answer.status_code, templates(answer), answer.cookies) == (200, "website/article.html", {})
    visit = Visit.objects.get()
    assert (visit.page, visit.referrer_host) == ("article", "search.example")


def test_coming_from_our_own_pages_is_coming_from_nowhere(client, clinic):
    client.get("/sciatica", headers={"Referer": "http://testserver/ask"})

    assert Visit.objects.get().referrer_host == ""


@pytest.mark.parametrize("referrer", ["http://[", "nonsense", "\u00fc", "http://" + "x" * 900, "data:text/html,x"])
def test_a_strange_referrer_breaks_nothing(client, clinic, referrer):
    assert client.get("/sciatica", headers={"Referer": referrer}).status_code == 200


def test_a_reader_takes_few_queries(client, clinic, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        client.get("/sciatica")


@pytest.mark.parametrize(
    "path", ["/sciatica", "/privacy", "/ask", "/sign-up", "/sign-up/thanks", "/ask/thanks", "/welcome"]
)
def test_pages_work_before_the_clinic_has_a_profile(client, path):
    assert client.get(path).status_code == 200


def test_the_demo_opens_on_its_doors_and_the_article_keeps_its_address(client, clinic, settings):
    settings.DEMO = True

    assert templates(client.get("/")) == "website/demo.html"
    assert templates(client.get("/sciatica")) == "website/article.html"


def test_every_page_of_the_demo_leads_to_its_inbox(client, clinic, settings):
    shown = {}
    for settings.DEMO in (True, False):
        shown[settings.DEMO] = "/studio/inbox" in client.get("/sign-up/thanks").text

    assert shown == {True: True, False: False}


def test_an_address_without_a_page_is_told_so_also_where_debug_is_on(client, settings):
    settings.DEBUG = True

    answer = client.get("/nowhere/at/all")

    assert (answer.status_code, "There is no page here" in answer.text) == (404, True)


def test_the_studio_is_found_without_its_slash(client):
    assert client.get("/studio", follow=True).redirect_chain[-1][0].startswith("/studio/sign-in")


def test_robots_are_asked_to_leave_links_alone(client):
    answer = client.get("/robots.txt")

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /u/" in answer.text.splitlines()


def test_every_page_says_what_it_may_load_and_what_it_tells_others(client, clinic):
    headers = client.get("/sciatica").headers

    assert headers["Referrer-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]


def test_a_wrong_address_is_answered_with_our_page(client, clinic):
    answer = client.get("/nowhere")

    assert (answer.status_code, templates(answer)) == (404, "website/404.html")


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (errors.malformed, 400),
        (errors.refused, 403),
        (errors.not_found, 404),
        (errors.too_many, 429),
        (errors.broken, 500),
        (errors.away, 503),
    ],
)
def test_pages_for_what_goes_wrong_ask_nothing_of_the_database(rf, django_assert_num_queries, page, status):
    with django_assert_num_queries(0):
        assert page(rf.get("/")).status_code == status


@pytest.mark.parametrize(
    ("status", "page"),
    [(400, errors.malformed), (403, errors.refused), (404, errors.not_found), (500, errors.broken)],
)
def test_django_knows_our_pages_for_what_goes_wrong(status, page):
    assert get_resolver().resolve_error_handler(status) is page


def test_a_form_of_the_studio_without_its_token_gets_our_page(clinic):
    answer = Client(enforce_csrf_checks=True).post("/studio/sign-in", {})

    assert (answer.status_code, templates(answer)) == (403, "studio/stale.html")
