"""Links in mails: looked up, counted, remembered by the visitor's own browser, and a person's once a form is sent."""

import pytest
from django.urls import reverse

from newsletter import tokens
from newsletter.models import Click, Visit
from tests.factories import clinics, mail, people
from tests.website import templates
from tests.website.forms import ask
from website import arrival

pytestmark = pytest.mark.django_db

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def test_a_click_is_noted_and_leads_to_where_the_mail_said(client, letter, token):
    answer = client.get(f"/c/{token}/1", headers=BROWSER)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/ask")
    click = Click.objects.get()
    assert (click.delivery_id, click.lead_id, click.link, click.goal) == (letter.pk, letter.lead_id, 1, "ask")


def test_a_link_we_know_takes_the_short_way(client, letter, token):
    answer = client.get(reverse("website:click", args=[token, 1]), headers=BROWSER)

    assert not hasattr(answer.wsgi_request, "session")
    assert answer.headers["Content-Length"] == "0"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("n", ["77", "-1", "1x", "", "9" * 5000, "\u0661", "1/2"])
def test_what_is_no_link_of_ours_gets_a_page_and_leaves_no_click(client, token, n):
    answer = client.get(f"/c/{token}/{n}", headers=BROWSER)

    assert (answer.status_code, hasattr(answer.wsgi_request, "session")) in {(200, True), (404, True)}
    assert not Click.objects.exists()


def test_the_browser_keeps_a_signed_cookie_for_this_site_alone(client, token):
    cookie = client.get(f"/c/{token}/0", headers=BROWSER).cookies[arrival.COOKIE]

    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["expires"]) == (True, "Lax", "", "")
    assert "mail.example" not in cookie.value


def test_a_form_sent_after_the_click_makes_it_a_persons(client, token):
    client.get(f"/c/{token}/1", headers={"User-Agent": "something"})
    assert Click.objects.get().label != "person"

    client.post("/ask", ask())

    assert (Click.objects.get().label, Click.objects.get().reason) == ("person", "went on to act on the page")


def test_a_form_sent_by_somebody_else_does_not(client, token):
    client.get(f"/c/{token}/1", headers={"User-Agent": "something"})
    client.cookies.clear()

    client.post("/ask", ask())

    assert Click.objects.get().label != "person"


@pytest.mark.parametrize("change", [lambda value: value[:-1] + "x", lambda _: "", lambda _: "\x00", lambda _: "a:b:c"])
def test_a_forged_cookie_is_no_cookie(client, token, change):
    client.get(f"/c/{token}/1", headers={"User-Agent": "something"})
    client.cookies[arrival.COOKIE] = change(client.cookies[arrival.COOKIE].value)

    assert client.post("/ask", ask()).status_code == 302
    assert Click.objects.get().label != "person"


def test_looking_at_the_headers_is_noted_as_a_scanners(client, token):
    answer = client.head(f"/c/{token}/0")

    assert answer.status_code == 302
    assert Click.objects.get().label == "scanner"


@pytest.mark.parametrize("path", ["/c/{token}/2", "/c/{token}/99999999999999999999", "/c/" + "x" * 22 + "/0"])
def test_a_link_that_no_mail_had_is_answered_kindly(client, token, path):
    answer = client.get(path.format(token=token))

    assert (answer.status_code, templates(answer)) == (200, "website/link_unknown.html")
    assert Click.objects.count() == 0


def test_links_of_a_test_mail_lead_on_and_leave_nothing(client, test_token):
    answer = client.get(f"/c/{test_token}/0", headers=BROWSER)

    assert (answer.status_code, answer.headers["Location"], answer.cookies) == (302, "/book", {})
    assert Click.objects.count() == 0


def test_no_target_can_be_passed_along(client, token):
    answer = client.get(f"/c/{token}/1?url=https://evil.example&next=//evil.example")

    assert answer.headers["Location"] == "/ask"


def test_a_click_sets_the_cookie_of_the_latest_mail(client, ada, token):
    later = mail.delivery(ada, state=1)
    client.get(f"/c/{token}/0", headers=BROWSER)
    client.get(f"/c/{tokens.sign(later.pk)}/1", headers={"User-Agent": "something"})

    client.post("/ask", ask())

    reasons = dict(Click.objects.values_list("delivery_id", "reason"))
    assert reasons[later.pk] == "went on to act on the page"


def test_booking_directly_is_counted_and_leads_to_the_clinics_own_site(client, clinic):
    answer = client.get("/book/direct", headers={"Referer": "https://search.example/find?q=1"})

    assert answer.headers["Location"] == "https://book.harbour.example/"
    visit = Visit.objects.get()
    assert (visit.page, visit.referrer_host) == ("book-directly", "search.example")


def test_without_online_booking_asking_is_the_way_to_book(client, db):
    clinics.clinic(booking_url="")

    assert client.get("/book/direct").headers["Location"] == "/ask"


def test_nobody_is_recognised_by_the_mail_of_somebody_who_was_erased(client, ada, token, rf):
    client.get(f"/c/{token}/0", headers=BROWSER)
    request = rf.get("/")
    request.COOKIES = {arrival.COOKIE: client.cookies[arrival.COOKIE].value}
    assert arrival.lead(request) == ada

    people.consent(ada)
    type(ada).objects.filter(pk=ada.pk).update(erased_at=ada.created_at, email="", address_key=None, address_hash=None)

    assert arrival.lead(request) is None
