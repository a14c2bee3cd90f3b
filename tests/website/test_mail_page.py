"""A mail as a page: what its reader got, for whoever has its link; nothing runs, nothing is written, nobody is told."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.utils import timezone

from leads.models import Lead
from leads.privacy import services as privacy
from newsletter import tokens
from newsletter.content import richtext, services
from newsletter.content.models import EmailTemplate, Variant
from newsletter.models import Click, Delivery
from newsletter.rendering import links
from tests.factories import mail, people
from tests.website import templates
from tests.website.footprint import appended, tables

pytestmark = pytest.mark.django_db

BODY = {
    "version": 2,
    "blocks": [
        {"id": "aaaaaaaa", "type": "heading", "text": "Hello {{ first_name|there }}"},
        {"id": "bbbbbbbb", "type": "text", "text": '<p>It opened. <a href="article">Read</a>.</p>'},
        {"id": "cccccccc", "type": "button", "label": "Book the free call", "target": "call"},
    ],
}


def frozen(subject: str = "News", **body) -> Variant:
    email = mail.email(subject=subject, topic="newsletter", body={**BODY, **body})
    found = Variant.objects.create(email=email)
    services.freeze(found, now=timezone.now())
    return found


@pytest.fixture
def variant(clinic) -> Variant:
    return frozen()


def sent(to: Lead, variant: Variant, **fields) -> Delivery:
    return mail.delivery(to, state=1, variant_id=variant.pk, **fields)


def url(of: Delivery) -> str:
    return links.path("view", tokens.sign_page(of.pk))


def test_the_link_shows_the_mail_that_this_reader_got(client, ada, variant):
    delivery = sent(ada, variant)

    answer = client.get(url(delivery))

    assert "Hello Ada" in answer.text
    assert f"/c/{tokens.sign(delivery.pk)}/0" in answer.text
    assert "slot.invalid" not in answer.text
    assert answer.text == answer.text.lstrip("\ufeff")


def test_it_stays_the_mail_that_left_whatever_is_written_later(client, ada, variant):
    delivery = mail.delivery(ada, variant_id=variant.pk)
    first = variant.current
    from_first = client.get(url(delivery)).text
    mail.Outcome.objects.create(delivery_id=delivery.pk, at=timezone.now(), state=1, revision_id=first.pk)
    EmailTemplate.objects.update(body={"version": 2, "blocks": BODY["blocks"][:1]})
    services.freeze(variant, now=timezone.now())

    assert client.get(url(delivery)).text == from_first
    assert "It opened" in from_first


def test_nothing_runs_on_it_and_nobody_is_told_its_address(client, ada, variant):
    answer = client.get(url(sent(ada, variant)))

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user", policy)
    assert not re.search(r"script-src|allow-scripts|allow-forms|allow-same-origin|unsafe-eval", policy)
    assert (answer.headers["Referrer-Policy"], answer.headers["X-Frame-Options"]) == ("no-referrer", "DENY")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "/v/" in client.get("/robots.txt").text


def test_looking_writes_nothing_at_all(client, ada, variant):
    delivery = sent(ada, variant)
    before, facts = tables(), appended()

    client.get(url(delivery))
    client.head(url(delivery))

    assert (tables(), appended()) == (before, facts)


def test_the_page_cannot_be_posted_to(client, ada, variant):
    assert client.post(url(sent(ada, variant))).status_code == 405


def test_links_on_it_are_the_mails_own(client, ada, variant):
    delivery = sent(ada, variant)
    page = client.get(url(delivery)).text

    path = re.search(rf"/c/{tokens.sign(delivery.pk)}/\d+", page)[0]
    client.get(path, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})

    assert Click.objects.get().delivery_id == delivery.pk


def test_of_somebody_who_was_erased_it_shows_nothing(client, ada, variant):
    delivery = sent(ada, variant)
    privacy.erase(ada, by=None, now=timezone.now())

    is_nothing_but_kind(client.get(url(delivery)))


def test_of_a_mail_that_is_gone_it_shows_nothing(client, ada, variant):
    delivery = sent(ada, variant)
    address = url(delivery)
    Delivery.objects.filter(pk=delivery.pk).delete()

    is_nothing_but_kind(client.get(address))


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ first_name }}{% include 'x' %}",
        "\u202egnirts\u202c",
        "https://slot.invalid/unsubscribe",
        "\ue000first_name\ue001x\ue002",
        "Zoë & 'Ann'",
        "a\r\nBcc: b@c.example",
    ],
)
def test_a_hostile_name_is_only_a_name(name, client, clinic, variant):
    lead = people.lead("eve@mail.example", first_name=name)

    page = client.get(url(sent(lead, variant))).text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert re.sub(r"\s+", " ", richtext.one_line(name)) in re.sub(r"\s+", " ", unescape(page.replace("<br>", " ")))


def test_a_block_for_some_is_shown_to_them_alone(client, ada, clinic):
    only = {"name": "language", "value": "en", "not": True}
    hidden = {"id": "dddddddd", "type": "text", "text": "<p>Nur für Sie</p>", "only": only}
    found = frozen(blocks=[*BODY["blocks"], hidden])
    berta = people.lead("berta@mail.example", language="de")

    assert "Nur für Sie" not in client.get(url(sent(ada, found))).text
    hers = url(sent(berta, found))
    assert "Nur für Sie" in client.get(hers).text


def test_letters_that_left_before_their_page_had_a_token_of_its_own_are_still_shown(client, ada, variant):
    letters = [sent(ada, variant, kind=kind) for kind in (1, 2, 8)]
    others = [sent(ada, variant, kind=kind) for kind in (3, 4, 5, 6, 7)]

    shown, kept = ([client.get(f"/v/{tokens.sign(one.pk)}").status_code for one in some] for some in (letters, others))

    assert (shown, kept) == ([200] * 3, [404] * 5)


def test_a_name_of_two_lines_is_one_line_in_the_subject(client, clinic):
    lead = people.lead("eve@mail.example", first_name="a\r\nBcc: b@c.example")

    page = client.get(url(sent(lead, frozen("For {{ first_name|you }}")))).text

    assert "<title>For a Bcc: b@c.example</title>" in page


def test_a_test_mail_is_shown_to_who_tested_it(client, clinic, variant):
    dana = people.staff(name="Dana")
    delivery = sent(people.lead(), variant, kind=8, lead_id=None, staff_id=dana.pk)

    assert "Hello Dana" in client.get(url(delivery)).text


@pytest.mark.parametrize(
    "token", ["x", "a" * 22, "-", "..%2F", "%00", "\u0661" * 22, "9" * 5000, "{}\n", "{}=", " {}", "{}/0", "{}{}"]
)
def test_a_link_of_nobodys_gets_a_kind_page(token, client, ada, variant):
    real = tokens.sign_page(sent(ada, variant).pk)
    address = "/v/" + quote(token.replace("{}", real), safe="/%")

    answer = client.get(address)

    assert answer.status_code == 404
    assert "Hello Ada" not in answer.text
    assert templates(answer) in {"website/link_unknown.html", "website/404.html"}


def test_no_letter_of_a_token_can_be_left_out_or_changed(client, ada, variant):
    token = tokens.sign_page(sent(ada, variant).pk)
    swapped = {"A": "B"}
    forged = [token[:n] + swapped.get(token[n], "A") + token[n + 1 :] for n in range(len(token))]
    cut = [token[:n] for n in range(1, len(token))] + [token[1:]]

    answers = {client.get(f"/v/{one}").status_code for one in [*forged[:-1], *cut]}

    assert answers == {404}
    assert client.get(f"/v/{token}").status_code == 200


def is_nothing_but_kind(answer: HttpResponse) -> None:
    """No mail, but what to do; and nobody keeps or finds it."""
    assert (answer.status_code, templates(answer)) == (404, "website/link_unknown.html")
    assert "This link leads nowhere" in answer.text
    assert not re.search("Hello (Ada|there)|It opened", answer.text)
    assert "no-store" in answer.headers["Cache-Control"]
