"""The public archive: letters that staff marked, after they have left, without anybody in them."""

import json
import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from lxml import etree  # type: ignore[import-untyped]

from leads.models import Segment
from newsletter.content import services
from newsletter.content.models import Variant
from newsletter.content.queries import Instead
from newsletter.models import Campaign, Experiment
from tests.factories import mail
from tests.website.footprint import appended, tables

pytestmark = pytest.mark.django_db

QUESTIONS = {"/archive": 8, "/archive/feed.xml": 8, "/archive/feed.json": 8, "/sitemap.xml": 4}
BODY = {
    "version": 2,
    "blocks": [
        {"id": "aaaaaaaa", "type": "text", "text": "<p>Hello {{ first_name|there }}, we moved.</p>"},
        {"id": "bbbbbbbb", "type": "button", "label": "See the map", "target": "https://map.example/?q=1"},
    ],
}


def letter(subject: str = "We moved", *, days_ago: int = 1, **fields) -> Campaign:
    """A campaign that has left and is marked public."""
    email = mail.email(subject=subject, preheader="From Monday on", topic="newsletter", body=BODY)
    services.freeze(Variant.objects.create(email=email), now=timezone.now())
    defaults = {"status": "finished", "is_public": True, "planned_at": timezone.now() - timedelta(days=days_ago)}
    return Campaign.objects.create(name=subject, email=email, **{**defaults, **fields})


def seen(client) -> list[str]:
    return re.findall(r'<a href="/archive/\d+"><bdi>(.*?)</bdi>', client.get("/archive").text)


def test_letters_are_there_the_newest_first(client, clinic):
    letter("Older", days_ago=9)
    letter("Newer", days_ago=2)

    assert seen(client) == ["Newer", "Older"]


@pytest.mark.parametrize("fields", [{"is_public": False}, {"status": "sending"}, {"status": "cancelled"}])
def test_what_is_not_marked_or_has_not_left_is_nobodys(fields, client, clinic):
    hidden = letter(**fields)

    assert seen(client) == []
    assert client.get(f"/archive/{hidden.pk}").status_code == 404
    assert client.get(f"/archive/{hidden.pk}/mail").status_code == 404


def test_what_was_never_frozen_is_not_shown(client, clinic):
    hidden = letter()
    Variant.objects.filter(email=hidden.email).update(current=None)

    assert seen(client) == []
    assert client.get(f"/archive/{hidden.pk}").status_code == 404


@pytest.mark.parametrize("condition", ["tagged", "in_course"])
def test_what_was_for_people_with_a_complaint_is_never_shown_though_it_is_marked(condition, client, clinic):
    hidden = letter()
    only = [{"name": condition, "value": "leg pain"}]
    hidden.included.add(Segment.objects.create(name="Legs", conditions=only))

    assert seen(client) == []
    assert [client.get(f"/archive/{hidden.pk}{rest}").status_code for rest in ("", "/mail")] == [404, 404]
    assert json.loads(client.get("/archive/feed.json").content)["items"] == []


def after_a_test(winner: str, *, share: int = 50, planned_rest: int = 10, **fields) -> Campaign:
    """One with a test of two subjects behind it, of which the parts and, where there was one, the rest are frozen."""
    found = letter("Said by A", **fields)
    b = Variant.objects.create(email=found.email, label="B")
    rest = Variant.objects.create(email=found.email, label="rest")
    for variant in (b, rest) if planned_rest else (b,):
        services.freeze(variant, now=timezone.now(), instead=Instead(subject="Said by B"))
    Experiment.objects.create(
        campaign=found, share=share, state="decided", winner=winner, decided_at=timezone.now(),
        variant_b=b, variant_rest=rest, planned_rest=planned_rest,
    )  # fmt: skip
    return found


@pytest.mark.parametrize(("winner", "subject"), [("a", "Said by A"), ("b", "Said by B")])
def test_of_a_test_the_words_that_won_are_shown(winner, subject, client, clinic):
    shown = after_a_test(winner)

    assert seen(client) == [subject]
    assert f"<bdi>{subject}</bdi>" in client.get(f"/archive/{shown.pk}").text


def test_a_test_on_everybody_is_shown_though_nobody_got_the_rest(client, clinic):
    """Its third variant was never frozen."""
    after_a_test("a", share=100, planned_rest=0)

    assert seen(client) == ["Said by A"]


@pytest.mark.parametrize("count", [1, 3])
def test_many_letters_are_asked_for_like_one(count, client, clinic, django_assert_num_queries):
    for number in range(count):
        after_a_test("b", days_ago=number)

    for path, questions in QUESTIONS.items():
        with django_assert_num_queries(questions):
            client.get(path)


def test_a_letter_is_shown_without_anybody_in_it(client, clinic):
    shown = letter("News for {{ first_name|you }}")

    page, framed = client.get(f"/archive/{shown.pk}"), client.get(f"/archive/{shown.pk}/mail")

    assert "<bdi>News for you</bdi>" in page.text
    assert f'src="/archive/{shown.pk}/mail"' in page.text
    assert "Hello there, we moved." in framed.text
    assert 'href="https://map.example/?q=1"' in framed.text
    assert not re.search(r"slot\.invalid|/[cupbv]/|Unsubscribe", framed.text)


def test_the_frame_runs_nothing_and_stands_in_our_own_pages_alone(client, clinic):
    framed = client.get(f"/archive/{letter().pk}/mail")

    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert not re.search(r"script-src|allow-scripts|allow-forms", policy)
    assert framed.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert framed.headers["X-Robots-Tag"] == "noindex"


def test_looking_writes_nothing(client, clinic):
    shown = letter()
    before, facts = tables(), appended()

    for rest in ("", f"/{shown.pk}", f"/{shown.pk}/mail", "/feed.xml", "/feed.json"):
        client.get(f"/archive{rest}")
    client.get("/sitemap.xml")

    assert (tables(), appended()) == (before, facts)


def test_both_feeds_say_the_same(client, clinic):
    shown = letter("Moved & <b>happy</b>")

    items = json.loads(client.get("/archive/feed.json").content)["items"]
    (rss,) = etree.fromstring(client.get("/archive/feed.xml").content).iter("item")

    url = f"http://127.0.0.1:8000/archive/{shown.pk}"
    assert [(item["title"], item["url"], item["summary"]) for item in items] == [
        ("Moved & <b>happy</b>", url, "From Monday on")
    ]
    assert [rss.findtext(name) for name in ("title", "link", "description")] == [
        "Moved & <b>happy</b>",
        url,
        "From Monday on",
    ]
    assert datetime.fromisoformat(items[0]["date_published"]) == shown.planned_at
    assert "we moved" in items[0]["content_text"]


def test_search_engines_are_told_where_the_letters_are(client, clinic):
    shown = letter()

    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in client.get("/robots.txt").text
    found = etree.fromstring(client.get("/sitemap.xml").content)
    assert f"http://127.0.0.1:8000/archive/{shown.pk}" in [place.text for place in found.iter() if place.text]


def test_an_archive_with_nothing_in_it_says_so_and_nobody_is_sent_there(client, clinic):
    assert "There is none yet" in client.get("/archive").text
    assert 'href="/archive"' not in client.get("/privacy").text

    letter()

    assert 'href="/archive"' in client.get("/privacy").text


def test_many_letters_are_on_several_pages(client, clinic):
    for number in range(22):
        letter(f"Letter {number}", days_ago=number)

    assert len(seen(client)) == 20
    assert "page=2" in client.get("/archive").text
    assert client.get("/archive?page=2").text.count("<h2>") == 2
    assert client.get("/archive?page=\x00").status_code == 200


def test_letters_lead_to_their_neighbours(client, clinic):
    oldest, middle, newest = (letter(f"Letter {days}", days_ago=days) for days in (9, 5, 1))

    page = client.get(f"/archive/{middle.pk}").text

    assert f'href="/archive/{newest.pk}" rel="next"' in page
    assert f'href="/archive/{oldest.pk}" rel="prev"' in page
