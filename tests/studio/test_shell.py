from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from newsletter.deliveries.standing import holds
from studio.templatetags.studio import absolute, relative
from tests.factories.clinics import clinic
from tests.factories.people import inquiry, staff

NOW = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)


def test_pages_are_kept_out_of_every_cache(studio: Client) -> None:
    page = studio.get(reverse("studio:dashboard"))

    assert "no-store" in page.headers["Cache-Control"]


def test_pages_carry_a_policy_that_allows_no_inline_script(studio: Client) -> None:
    page = studio.get(reverse("studio:dashboard"))

    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert b"<script>" not in page.content


def test_an_address_that_leads_nowhere_is_explained(studio: Client) -> None:
    page = studio.get("/studio/no/such/room")

    assert page.status_code == 404
    assert "There is nothing at this address" in page.text


def test_a_room_that_is_not_for_the_role_is_explained(client: Client, db: None) -> None:
    client.force_login(staff(Role.FRONT_DESK), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(reverse("studio:team"))

    assert page.status_code == 403
    assert "This room is not open to your role" in page.text


def test_the_banner_says_how_much_of_the_checklist_is_open(studio: Client) -> None:
    clinic(sending_unlocked_at=None, phone="", test_mail_seen_at=None)

    page = studio.get(reverse("studio:dashboard"))

    assert "No mail to readers leaves yet." in page.text
    assert page.context["shell"].counts.setup_open == 3  # phone, hours, test mail


def test_an_unlocked_clinic_has_no_banner(studio: Client) -> None:
    assert "No mail to readers leaves yet." not in studio.get(reverse("studio:dashboard")).text


def test_a_hold_is_shown_on_every_page_with_its_reason(studio: Client, owner) -> None:
    holds.hold("A wrong date in the letter", by=owner, now=timezone.now())

    assert "A wrong date in the letter" in studio.get(reverse("studio:account")).text


def test_a_waiting_question_is_counted_beside_its_room(studio: Client) -> None:
    inquiry()
    inquiry(handled_at=timezone.now(), outcome="answered")

    assert studio.get(reverse("studio:dashboard")).context["shell"].counts.open_inquiries == 1


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (timedelta(seconds=20), "in a moment"),
        (timedelta(seconds=-20), "just now"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=-59), "59 minutes ago"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(hours=-48), "2 days ago"),
    ],
)
def test_a_moment_is_told_in_one_unit(gap: timedelta, expected: str) -> None:
    assert relative(NOW + gap, NOW) == expected


def test_a_moment_names_its_zone_and_its_year_only_when_needed() -> None:
    toronto = ZoneInfo("America/Toronto")

    assert absolute(NOW.astimezone(toronto), NOW) == "Tue 3 Mar, 09:00 EST"
    assert absolute(datetime(2025, 7, 1, 12, 0, tzinfo=toronto), NOW) == "Tue 1 Jul 2025, 12:00 EDT"
