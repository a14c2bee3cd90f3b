from datetime import UTC, datetime, timedelta

from django.test import Client
from django.urls import reverse

from clinic.clock import database_now
from newsletter.deliveries.models import Lane, Uncertain
from newsletter.deliveries.standing import heartbeats
from newsletter.models import Heartbeat
from studio.queries.parts import parts

PARTS = ("tick", *(heartbeats.sender(lane) for lane in Lane))


def test_where_all_is_well_the_page_says_so_and_shows_the_parts(studio: Client, settings, tmp_path) -> None:
    settings.DEBUG = True
    settings.JOURNAL_DIR = tmp_path
    for name in PARTS:
        heartbeats.beat(name, now=database_now(), doing=heartbeats.IDLE)

    page = studio.get(reverse("studio:status"))

    assert "Nothing is stuck." in page.text
    assert [str(part.doing) for part in page.context["parts"]] == ["nothing is due"] * 3


def test_what_is_wrong_stands_first_with_what_to_do(studio: Client) -> None:
    Uncertain.objects.create(delivery_id=1000, lane=Lane.MARKETING, since=database_now())
    heartbeats.beat("tick", now=database_now() - timedelta(hours=1))

    page = studio.get(reverse("studio:status"))

    assert page.context["wrong"][0].what.startswith("The tick is silent")
    assert "Restart the services beat and tick." in page.text
    assert f'href="{reverse("studio:uncertain")}"' in page.text
    assert [str(part.doing) for part in page.context["parts"]] == ["silent"] * 3


def test_the_page_asks_for_what_changes_only(studio: Client) -> None:
    answer = studio.get(reverse("studio:status"), headers={"HX-Request": "true"})

    assert 'id="found"' in answer.text
    assert "<html" not in answer.text


def test_nobody_was_last_seen_in_a_moment() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    beats = [Heartbeat(name="tick", at=now + timedelta(seconds=1)), Heartbeat(name="sender:marketing", at=now)]

    assert [part.at for part in parts(beats, now)] == [now, now, None]
