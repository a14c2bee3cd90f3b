"""Looking at any page of the studio changes nothing; what a role may not do stays undone, however it is asked for."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from accounts import access
from accounts import services as accounts
from accounts.models import Role, User
from clinic.clock import database_now
from clinic.models import DayOff
from newsletter.content import presets
from newsletter.models import Campaign, Variant
from newsletter.sequences import preset
from studio.queries.course import letters
from studio.urls import urlpatterns
from tests.factories import bookings, mail, people
from tests.website import footprint

ROOMS = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
FOR_LEADERS = {
    "team", "invite", "invitation_withdraw", "member", "member_deactivate", "member_reactivate", "lead_erase",
}  # fmt: skip
MAIL = "20260105T090000.000-0a1b2c"
SANDBOX = "sandbox allow-same-origin"
SANDBOXES = dict.fromkeys(("campaign_letter", "step_letter", "setup_letter"), SANDBOX) | {
    "mail_html": f"{SANDBOX} allow-popups allow-popups-to-escape-sandbox"
}
WORDS = {"kind": "phone", "outcome": "answered", "state": "attended", "choice": "again", "name": MAIL, "rest": "x"}
OWNERS = {
    "setup": "letter", "day": "day", "member": "member", "invitation": "invitation", "lead": "lead", "call": "inquiry",
    "appointment": "appointment", "campaign": "campaign", "step": "step", "letter": "step", "uncertain": "delivery",
}  # fmt: skip


@pytest.fixture
def things(owner: User, draft: Campaign, settings: Any, tmp_path: Path) -> dict[str, int]:
    """One of everything that an address can name, by its kind."""
    now = database_now()
    settings.DEMO, settings.INBOX_DIR = True, tmp_path
    (tmp_path / f"{MAIL}.eml").write_text(
        f"X-Envelope-To: ada@mail.example\nX-Envelope-At: {now.isoformat()}\nSubject: Hello\n\nHello\n"
    )
    presets.install(now)
    course = preset.install(now)
    lead = people.lead()
    mail.enrolment(lead, course.published)
    return {
        "letter": letters()[0].pk,
        "day": DayOff.objects.create(on=now.date()).pk,
        "member": people.staff().pk,
        "invitation": accounts.invite("new@harbour.example", name="Kim", role=Role.OWNER, by=owner, now=now).pk,
        "lead": lead.pk,
        "inquiry": people.inquiry(lead).pk,
        "appointment": bookings.appointment(lead).pk,
        "campaign": draft.pk,
        "step": course.published.steps.get(position=0).pk,
        "delivery": mail.uncertain(lead, kind=2, variant_id=Variant.objects.first().pk).pk,
    }


@pytest.fixture
def desk(owner: User) -> Client:
    client = Client()
    client.force_login(people.staff(Role.FRONT_DESK), backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(room: URLPattern, things: dict[str, int]) -> str:
    """The room's address, with something real behind it."""
    number = things.get(OWNERS.get(str(room.name).partition("_")[0], ""), 1)
    parts = {part: WORDS.get(part, number) for part in room.pattern.converters}
    return reverse(f"studio:{room.name}", kwargs=parts | ({"lead_pk": things["lead"]} if "lead_pk" in parts else {}))


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_writes_nothing_and_leads_nowhere_that_is_forbidden(desk: Client, things: dict[str, int], method: str):
    before = footprint.tables()

    statuses = {room.name: getattr(desk, method)(address(room, things)).status_code for room in ROOMS}

    assert footprint.tables() == before
    assert {name for name, status in statuses.items() if status == 403} == FOR_LEADERS
    assert {name for name, status in statuses.items() if status == 404} <= {"missing", "welcome", "member_reactivate"}
    assert set(statuses.values()) <= {200, 302, 403, 404, 405}


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_whoever_is_not_signed_in_sees_and_changes_nothing(client: Client, things: dict[str, int], method: str):
    closed = [room for room in ROOMS if getattr(room.callback, "act", "") != access.EVERYONE]
    before = footprint.tables()

    answers = [getattr(client, method)(address(room, things)) for room in closed]

    assert footprint.tables() == before
    assert {answer.headers["Location"].partition("?")[0] for answer in answers} == {reverse("studio:sign_in")}


def test_what_is_forbidden_is_not_done_either(desk: Client, things: dict[str, int]):
    before = footprint.tables()
    sent = {"role": "owner", "email": "x@harbour.example", "name": "X", "typed": "ada@mail.example"}

    statuses = [desk.post(address(room, things), sent).status_code for room in ROOMS if room.name in FOR_LEADERS]

    assert statuses == [403] * len(FOR_LEADERS)
    assert footprint.tables() == before


def test_nobody_posts_without_the_forms_own_token(owner: User, things: dict[str, int]):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    before = footprint.tables()

    statuses = {room.name: strict.post(address(room, things)).status_code for room in ROOMS}

    assert footprint.tables() == before
    assert set(statuses.values()) == {403}


def test_only_mails_may_be_framed_and_nothing_runs_in_them(desk: Client, things: dict[str, int]):
    answers = {str(room.name): desk.get(address(room, things)) for room in ROOMS}
    framed = {name for name, answer in answers.items() if answer.headers["X-Frame-Options"] != "DENY"}

    assert framed == {"campaign_letter", "step_letter", "setup_letter", "mail_html"}
    for name, answer in answers.items():
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert ("frame-ancestors 'self'" if name in framed else "frame-ancestors 'none'") in policy
        assert [rule for rule in policy if rule.startswith("sandbox")] == ([SANDBOXES[name]] if name in framed else [])
        assert "default-src 'none'" in policy


def test_the_inbox_is_there_in_the_demo_only(desk: Client, things: dict[str, int], settings: Any):
    rooms = [room for room in ROOMS if room.name in {"inbox", "mail", "mail_html", "mail_source"}]
    shown = [desk.get(address(room, things)).status_code for room in rooms]
    settings.DEMO = False

    assert shown == [200, 200, 200, 200]
    assert [desk.get(address(room, things)).status_code for room in rooms] == [404, 404, 404, 404]
