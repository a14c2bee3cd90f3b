"""Looking at any page of the studio changes nothing; what a role may not do stays undone, however it is asked for."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from accounts import access, keys
from accounts import services as accounts
from accounts.models import Role, User
from clinic.clock import database_now
from clinic.models import DayOff
from leads.models import Segment
from newsletter.campaigns import preflight
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.results import queries as results
from newsletter.content import overrides, saved_blocks
from newsletter.content.pictures import services as pictures
from newsletter.content.presets import offered
from newsletter.models import Campaign, EmailRevision, Variant
from studio.queries.course import letters
from studio.urls import urlpatterns
from tests.factories import bookings, mail, people, stock
from tests.leads.segments.fitting import only
from tests.newsletter.campaigns.experiments import tested
from tests.newsletter.content.pictures import files
from tests.newsletter.content.pictures.conftest import folder
from tests.studio.campaigns import campaign
from tests.website import footprint

__all__ = ["folder"]

Things = dict[str, int | str]
ROOMS = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
FOR_LEADERS = {
    "team", "invite", "invitation_withdraw", "member", "member_deactivate", "member_reactivate", "lead_erase",
    "programs", "program_revoke",
}  # fmt: skip
MAIL = "20260105T090000.000-0a1b2c"
SANDBOX = "sandbox allow-same-origin"
LETTERS = (
    "campaign_letter", "campaign_ab_letter", "step_letter", "sequence_try_letter", "setup_letter", "brand_letter",
    "preview_frame", "results_map",
)  # fmt: skip
SANDBOXES = dict.fromkeys(LETTERS, SANDBOX) | {"mail_html": f"{SANDBOX} allow-popups allow-popups-to-escape-sandbox"}
WORDS = {
    "kind": "phone", "outcome": "answered", "state": "attended", "choice": "again", "name": MAIL, "rest": "x",
    "side": "b",
}  # fmt: skip
NAMED = {
    "mail": "step mail",
    "lead_pk": "lead",
    "key": "key",
    "revision": "edition",
    "delivery": "delivery",
    "gone": "other lead",
}
OWNERS = {
    "setup": "letter", "day": "day", "member": "member", "invitation": "invitation", "lead": "lead", "call": "inquiry",
    "notice": "notice", "appointment": "appointment", "campaign": "campaign", "step": "step", "letter": "step",
    "uncertain": "delivery", "segment": "segment", "results": "left", "email": "email", "revision": "revision",
    "saved": "saved block", "picture": "picture", "finding": "daring email", "override": "override",
    "links": "campaign", "preset": "preset", "sequence": "sequence", "program": "program",
}  # fmt: skip


@pytest.fixture
def things(owner: User, draft: Campaign, settings: Any, tmp_path: Path) -> Things:
    """One of everything that an address can name, by its kind."""
    now = database_now()
    settings.DEMO, settings.INBOX_DIR = True, tmp_path
    (tmp_path / f"{MAIL}.eml").write_text(
        f"X-Envelope-To: ada@mail.example\nX-Envelope-At: {now.isoformat()}\nSubject: Hello\n\nHello\n"
    )
    course = stock.sequences(now)
    lead = people.lead()
    mail.enrolment(lead, course.published)
    return {
        "letter": letters()[0].pk,
        "day": DayOff.objects.create(on=now.date()).pk,
        "member": people.staff().pk,
        "invitation": accounts.invite("new@harbour.example", name="Kim", role=Role.OWNER, by=owner, now=now).pk,
        "lead": lead.pk,
        "other lead": people.lead().pk,
        "inquiry": people.inquiry(lead).pk,
        "notice": mail.notice(people.lead()).pk,
        "appointment": bookings.appointment(lead).pk,
        "campaign": draft.pk,
        "sequence": course.pk,
        "step": course.published.steps.get(position=0).pk,
        "step mail": course.published.steps.get(position=0).variant.email_id,
        "program": keys.make("The booking system", by=owner, now=now)[0].pk,
        "delivery": mail.uncertain(lead, kind=2, variant_id=Variant.objects.first().pk).pk,
        **written(draft, owner),
        **forbidden(owner),
        **left(owner),
    }


def written(draft: Campaign, by: User) -> Things:
    """What stands around a letter: its versions, a test of two wordings, and what may be put into it."""
    now = database_now()
    experiments.set_up(draft, tested.SETUP, by=by, now=now)
    door = files.saved(files.drawing(), "PNG")
    block = {"id": "aaaaaaaa", "type": "text", "text": "<p>See you soon</p>"}
    return {
        "email": draft.email_id,
        "revision": EmailRevision.objects.filter(email=draft.email_id).latest("version").pk,
        "segment": Segment.objects.create(name="Never booked", conditions=[only("booked", negated=True)]).pk,
        "preset": offered.keep(draft.email, name="Every autumn", by=by, now=now).pk,
        "saved block": saved_blocks.save("Sign off", block, by=by, now=now).pk,
        "picture": pictures.add(door, filename="door.png", by=by, now=now).picture.name,
    }


def forbidden(by: User) -> Things:
    """An email that says what a rule forbids twice: one was allowed, the other was not."""
    daring, now = campaign(by, name="Daring"), database_now()
    said = ("Meet us at the Cure Street corner.", "We cure whatever ails you.")
    blocks = [{"id": f"aaaaaaa{n}", "type": "text", "text": f"<p>{words}</p>"} for n, words in enumerate(said)]
    daring.email.body = {**daring.email.body, "blocks": blocks}
    daring.email.save()
    allowed, other = [finding for finding in preflight.of_campaign(daring, now).blocking if finding.key]
    override = overrides.allow(daring.email, allowed, reason="It is the name of a street here.", by=by, now=now)
    return {"daring email": daring.email_id, "override": override.pk, "key": other.key}


def left(by: User) -> Things:
    """A campaign that has left, and what it said."""
    tested.readers(4)
    one = tested.planned(by)
    tested.leave_as_test(one)
    return {"left": one.pk, "edition": results.editions(one, results.groups(one))[0].revision.pk}


@pytest.fixture
def desk(owner: User) -> Client:
    client = Client()
    client.force_login(people.staff(Role.FRONT_DESK), backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(room: URLPattern, things: Things) -> str:
    """The room's address, with something real behind it."""
    kind = str(room.name).partition("_")[0]
    number = things.get(OWNERS.get(kind, ""), 1)
    words = WORDS | {part: things[thing] for part, thing in NAMED.items()}
    if kind == "picture":
        words["name"] = things["picture"]
    return reverse(f"studio:{room.name}", kwargs={part: words.get(part, number) for part in room.pattern.converters})


def test_every_number_in_an_address_is_of_something_real():
    numbered = {str(room.name).partition("_")[0] for room in ROOMS if "pk" in room.pattern.converters}

    assert numbered <= set(OWNERS)


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_writes_nothing_and_leads_nowhere_that_is_forbidden(desk: Client, things: Things, method: str):
    before = footprint.tables()

    answers = {room.name: getattr(desk, method)(address(room, things)) for room in ROOMS}
    for answer in answers.values():
        b"".join(answer)

    assert footprint.tables() == before
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert {name for name, status in statuses.items() if status == 403} == FOR_LEADERS
    assert {name for name, status in statuses.items() if status == 404} <= {"missing", "welcome", "member_reactivate"}
    assert set(statuses.values()) <= {200, 302, 403, 404, 405}


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_whoever_is_not_signed_in_sees_and_changes_nothing(client: Client, things: Things, method: str):
    closed = [room for room in ROOMS if getattr(room.callback, "act", "") != access.EVERYONE]
    before = footprint.tables()

    answers = [(is_scripted(room), getattr(client, method)(address(room, things))) for room in closed]

    assert footprint.tables() == before
    pages = {answer.headers.get("Location", "").partition("?")[0] for scripted, answer in answers if not scripted}
    assert pages == {reverse("studio:sign_in")}
    told = {(answer.status_code, answer.headers["Content-Type"]) for scripted, answer in answers if scripted}
    assert told == {(401, "application/json")}


def is_scripted(room: URLPattern) -> bool:
    """Whether a page's script asks there, which a way to the sign-in page would not help."""
    return getattr(room.callback, "answers_in_json", False)


def test_what_is_forbidden_is_not_done_either(desk: Client, things: Things):
    before = footprint.tables()
    sent = {"role": "owner", "email": "x@harbour.example", "name": "X", "typed": "ada@mail.example"}

    statuses = [desk.post(address(room, things), sent).status_code for room in ROOMS if room.name in FOR_LEADERS]

    assert statuses == [403] * len(FOR_LEADERS)
    assert footprint.tables() == before


def test_nobody_posts_without_the_forms_own_token(owner: User, things: Things):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    before = footprint.tables()

    statuses = {room.name: strict.post(address(room, things)).status_code for room in ROOMS}

    assert footprint.tables() == before
    assert set(statuses.values()) == {403}


def test_only_mails_may_be_framed_and_nothing_runs_in_them(desk: Client, things: Things):
    answers = {str(room.name): desk.get(address(room, things)) for room in ROOMS}
    framed = {name for name, answer in answers.items() if answer.headers["X-Frame-Options"] != "DENY"}

    assert framed == set(SANDBOXES)
    for name, answer in answers.items():
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert ("frame-ancestors 'self'" if name in framed else "frame-ancestors 'none'") in policy
        assert [rule for rule in policy if rule.startswith("sandbox")] == ([SANDBOXES[name]] if name in framed else [])
        assert "default-src 'none'" in policy


def test_the_inbox_is_there_in_the_demo_only(desk: Client, things: Things, settings: Any):
    rooms = [room for room in ROOMS if room.name in {"inbox", "mail", "mail_html", "mail_source"}]
    shown = [desk.get(address(room, things)).status_code for room in rooms]
    settings.DEMO = False

    assert shown == [200, 200, 200, 200]
    assert [desk.get(address(room, things)).status_code for room in rooms] == [404, 404, 404, 404]
