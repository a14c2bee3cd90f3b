"""What the composer's page asks: every answer is JSON, every refusal says why, and nothing is saved by looking."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from clinic.clock import database_now
from leads.privacy import services as privacy
from newsletter.content.models import EmailTemplate, Presence
from newsletter.models import Campaign
from tests.factories import mail, people
from tests.factories.clinics import hours
from tests.factories.people import staff
from tests.website.footprint import tables

SIGN_IN = "django.contrib.auth.backends.ModelBackend"
BODY: dict[str, Any] = {
    "version": 2,
    "blocks": [{"id": "aaaaaaaa", "type": "text", "text": "<p>Hello {{ first_name|there }}</p>"}],
}


@pytest.fixture
def email(owner: User) -> EmailTemplate:
    return mail.email(subject="Before", body=BODY)


def ask(client: Client, name: str, email: EmailTemplate | None, said: Any) -> Any:
    args = [email.pk] if email else []
    content = said if isinstance(said, str | bytes) else json.dumps(said)
    return client.post(reverse(f"studio:{name}", args=args), content, content_type="application/json")


def typed(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "subject": "After", "preheader": "", "document": BODY, **changes}


def test_a_save_is_answered_with_its_version_and_the_clinics_time(studio: Client, email: EmailTemplate) -> None:
    answer = ask(studio, "email_save", email, typed())

    email.refresh_from_db()
    said = answer.json()
    assert (answer.status_code, said["version"], email.subject) == (200, 2, "After")
    assert said["saved"].endswith(("EST", "EDT"))
    assert said["saved_at"] == email.updated_at.isoformat()


def test_somebody_elses_save_comes_back_with_its_words(studio: Client, email: EmailTemplate, owner: User) -> None:
    maria = Client()
    maria.force_login(staff(name="Maria"), backend=SIGN_IN)
    ask(maria, "email_save", email, typed(subject="Maria's"))

    answer = ask(studio, "email_save", email, typed(subject="Dana's"))

    said = answer.json()
    assert answer.status_code == 409
    assert (said["by"], said["mine"], said["version"], said["subject"]) == ("Maria", False, 2, "Maria's")
    assert said["document"] == BODY
    assert EmailTemplate.objects.get(pk=email.pk).subject == "Maria's"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        (b"\xff\xfe", 400),
        ('{"version": NaN}', 400),
        ('{"a":' * 5000 + "1" + "}" * 5000, 400),
        ("[" * 200_000, 400),
        (typed(subject=5), 422),
        (typed(preheader=None), 422),
        (typed(document="<p>"), 422),
        (typed(document={"version": [], "blocks": []}), 422),
        (typed(document={"version": 2, "blocks": [{"type": "text", "text": float("1e308")}]}), 422),
        ('{"version": 1, "subject": "", "preheader": "", "document": {"version": 2, "blocks": 1e999}}', 422),
        (typed(document={"version": 2, "blocks": [{"type": "text", "text": "x" * 1_000_000}]}), 422),
        (typed(subject="x" * 2_000_000), 413),
        (typed(subject="x" * 5_000_000), 413),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(
    said: Any, status: int, studio: Client, email: EmailTemplate
) -> None:
    saved, shown = (ask(studio, name, email, said) for name in ("email_save", "email_preview"))

    email.refresh_from_db()
    words = saved.json().get("why") or [problem["why"] for problem in saved.json()["problems"]]
    assert (saved.status_code, bool(words), email.version) == (status, True, 1)
    assert shown.json().get("html") is None


@pytest.mark.parametrize("version", ["1", True, None, 1.5, [1]])
def test_who_does_not_say_what_they_had_before_them_saves_nothing(
    version: Any, studio: Client, email: EmailTemplate
) -> None:
    answer = ask(studio, "email_save", email, typed(version=version))

    email.refresh_from_db()
    assert (answer.status_code, "version" in answer.json()["why"], email.version) == (422, True, 1)


def test_a_form_in_place_of_json_is_refused(studio: Client, email: EmailTemplate) -> None:
    url = reverse("studio:email_save", args=[email.pk])

    assert studio.post(url, {"version": "1"}).status_code == 400
    assert studio.post(url, "version=1", content_type="application/x-www-form-urlencoded").status_code == 400


def test_an_email_that_is_not_there_is_said_so(studio: Client, email: EmailTemplate) -> None:
    for number in (email.pk + 1000, 2**70):
        for name in ("email_save", "email_preview", "email_here", "email_publish"):
            answer = studio.post(reverse(f"studio:{name}", args=[number]), "{}", content_type="application/json")
            assert (answer.status_code, list(answer.json())) == (404, ["why"])


def test_a_page_of_another_site_saves_nothing(owner: User, email: EmailTemplate) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend=SIGN_IN)

    assert ask(strict, "email_save", email, typed()).status_code == 403
    token = strict.get(reverse("studio:email_here", args=[email.pk])).json()["csrf"]
    url = reverse("studio:email_save", args=[email.pk])
    saved = strict.post(url, json.dumps(typed()), content_type="application/json", headers={"X-CSRFToken": token})
    assert saved.status_code == 200


def test_a_session_that_has_ended_is_told_in_json_and_the_words_can_be_saved_afterwards(
    studio: Client, owner: User, email: EmailTemplate
) -> None:
    studio.logout()
    told = ask(studio, "email_save", email, typed())
    studio.force_login(owner, backend=SIGN_IN)

    assert (told.status_code, "Sign in again" in told.json()["why"]) == (401, True)
    assert ask(studio, "email_save", email, typed()).status_code == 200


def test_everybody_at_the_front_desk_may_write(email: EmailTemplate, client: Client) -> None:
    client.force_login(staff(Role.FRONT_DESK), backend=SIGN_IN)

    assert ask(client, "email_save", email, typed()).status_code == 200


def test_a_campaign_that_is_scheduled_is_not_written_over(studio: Client, draft: Campaign) -> None:
    now = database_now()
    Campaign.objects.filter(pk=draft.pk).update(status="scheduled", start_at=now + timedelta(hours=1))

    answer = ask(studio, "email_save", draft.email, typed())

    assert (answer.status_code, "scheduled" in answer.json()["why"]) == (423, True)
    assert EmailTemplate.objects.get(pk=draft.email_id).version == 1


def test_a_campaign_that_is_being_mended_can_be_written(studio: Client, draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(status="paused", fixing_since=database_now())

    assert ask(studio, "email_save", draft.email, typed()).status_code == 200


def test_what_is_typed_is_shown_as_the_chosen_lead_would_get_it(studio: Client, email: EmailTemplate) -> None:
    only = {"name": "language", "value": "en", "not": True}
    german = {"id": "bbbbbbbb", "type": "text", "text": "<p>Nur für Sie</p>", "only": only}
    document = {"version": 2, "blocks": [*BODY["blocks"], german]}
    ada, berta = people.lead(first_name="Ada"), people.lead(first_name="<b>Berta</b>", language="de")
    said = typed(subject="For {{ first_name|you }}", preheader="Hi {{ first_name|you }}", document=document)

    shown = [ask(studio, "email_preview", email, {**said, "lead": lead.pk}).json() for lead in (ada, berta)]

    assert [one["preheader"] for one in shown] == ["Hi Ada", "Hi <b>Berta</b>"]
    assert [one["subject"] for one in shown] == ["For Ada", "For <b>Berta</b>"]
    assert ["Hello Ada" in shown[0]["html"], "Hello &lt;b&gt;Berta" in shown[1]["html"]] == [True, True]
    assert ["Nur für Sie" in one["html"] for one in shown] == [False, True]
    assert all(abs(one["bytes"] - len(one["html"].encode())) < 100 for one in shown)
    assert shown[0]["sender"] == "Dana at Harbour <dana@harbour.example>"


def test_a_step_is_shown_with_the_free_times_there_are(studio: Client) -> None:
    times = {"id": "bbbbbbbb", "type": "free_times", "heading": "", "fallback": "Ask us for one."}
    email = mail.email(kind="step", topic="course")
    said = typed(document={"version": 2, "blocks": [*BODY["blocks"], times]})

    without = ask(studio, "email_preview", email, {**said, "lead": people.lead().pk}).json()
    for weekday in range(7):
        hours(weekday)
    with_times = ask(studio, "email_preview", email, {**said, "lead": people.lead().pk}).json()

    assert "Ask us for one." in without["text"]
    assert "Ask us for one." not in with_times["text"]
    assert "Toronto time" in with_times["text"]


def test_the_design_is_the_one_asked_for_whatever_the_screen_prefers(studio: Client, email: EmailTemplate) -> None:
    light, dark = (ask(studio, "email_preview", email, typed(dark=dark)).json()["html"] for dark in (False, True))

    assert "prefers-color-scheme" not in light + dark
    assert ("@media not all" in light, "@media all" in dark) == (True, True)
    assert ('content="light"' in light, 'content="dark"' in dark) == (True, True)


def test_what_cannot_be_shown_says_why_at_its_place(studio: Client, email: EmailTemplate) -> None:
    button = {"id": "bbbbbbbb", "type": "button", "label": "", "target": "call"}
    said = typed(subject="{{ nobody }}", document={"version": 2, "blocks": [button]})

    found = ask(studio, "email_preview", email, said).json()

    assert found["left"] == 1
    assert {(one["block"], one["field"], one["blocking"]) for one in found["problems"]} == {
        ("", "subject", True),
        ("bbbbbbbb", "label", True),
    }


def test_nobody_is_shown_a_mail_as_somebody_who_is_not_there(studio: Client, email: EmailTemplate) -> None:
    erased = people.lead()
    privacy.erase(erased, by=None, now=database_now())

    for lead in (erased.pk, 0, -1, 2**80):
        assert ask(studio, "email_preview", email, typed(lead=lead)).status_code == 404
    assert ask(studio, "email_preview", email, typed(lead="1")).status_code == 422


def test_publishing_is_answered_with_how_it_stands(studio: Client, owner: User) -> None:
    written = [*BODY["blocks"], {"id": "bbbbbbbb", "type": "button", "label": "Ask us", "target": "ask"}]
    email = mail.email(kind="step", key="course-2", topic="course", body={"version": 2, "blocks": written})

    unsigned = ask(studio, "email_publish", email, {"version": 1})
    signed = ask(studio, "email_publish", email, {"version": 1, "signature": "Dana Reyes"})

    assert (unsigned.status_code, unsigned.json()["needs_signature"]) == (422, True)
    assert (signed.status_code, signed.json()["standing"]["signed_by"]) == (200, "Dana Reyes")
    assert ask(studio, "email_publish", email, {"version": 7}).status_code == 409
    assert ask(studio, "email_publish", mail.email(), {"version": 1}).status_code == 409


def test_whoever_has_it_open_is_named_to_the_others_for_a_while(
    studio: Client, owner: User, email: EmailTemplate
) -> None:
    maria = staff(name="Maria")
    Presence.objects.create(email=email, who=maria, seen_at=database_now() - timedelta(seconds=10))
    Presence.objects.create(email=email, who=staff(name="Tom"), seen_at=database_now() - timedelta(minutes=2))

    said = ask(studio, "email_here", email, {"version": 1}).json()

    assert (said["version"], said["others"], said["editable"]) == (1, ["Maria"], True)
    assert set(Presence.objects.filter(who=owner).values_list("email_id", flat=True)) == {email.pk}


def test_looking_who_is_there_says_nothing_of_oneself(studio: Client, owner: User, email: EmailTemplate) -> None:
    studio.get(reverse("studio:email_here", args=[email.pk]))

    assert Presence.objects.count() == 0


def test_saved_blocks_are_kept_by_name_and_dropped(studio: Client, owner: User) -> None:
    url = reverse("studio:saved_blocks")
    block = {"id": "aaaaaaaa", "type": "text", "text": "<p>See you <script>x</script>soon</p>"}

    made = ask(studio, "saved_blocks", None, {"name": " Sign  off ", "block": block})
    taken = ask(studio, "saved_blocks", None, {"name": "SIGN OFF", "block": block})

    assert made.status_code == 201
    assert studio.get(url).json() == [made.json()]
    assert (made.json()["name"], made.json()["block"]["text"]) == ("Sign off", "<p>See you soon</p>")
    assert (taken.status_code, "already" in taken.json()["why"]) == (422, True)
    studio.post(reverse("studio:saved_block_delete", args=[made.json()["id"]]))
    assert studio.get(url).json() == []


@pytest.mark.parametrize(
    "said",
    [
        {"name": "", "block": {"type": "divider"}},
        {"name": "x" * 81, "block": {"type": "divider"}},
        {"name": "a\x00b", "block": {"type": "divider"}},
        {"name": "a", "block": None},
        {"name": "a", "block": {"type": "video"}},
        {"name": "a", "block": {"type": "text", "text": []}},
        {"name": 5, "block": {"type": "divider"}},
        {"name": "a"},
    ],
)
def test_what_is_no_block_is_not_kept(said: Any, studio: Client) -> None:
    answer = ask(studio, "saved_blocks", None, said)

    assert answer.status_code == 422
    assert answer.json()["why"]


def test_readers_are_found_by_their_name_and_never_by_a_pattern(studio: Client) -> None:
    ada = people.lead(first_name="Ada", last_name="Lovelace", email="ada@mail.example")
    people.lead(first_name="Bob")
    url = reverse("studio:email_readers")

    assert studio.get(url, {"q": "lovel"}).json() == [{"id": ada.pk, "label": "Ada Lovelace · ada@mail.example"}]
    assert studio.get(url, {"q": "%"}).json() == []
    assert len(studio.get(url, {"q": "\0"}).json()) == 2


def test_looking_writes_nothing_whoever_it_is_shown_as(studio: Client, owner: User) -> None:
    email, ada = mail.email(kind="step", topic="course", body=BODY), people.lead()
    hours()
    before = tables()

    ask(studio, "email_preview", email, typed(lead=ada.pk, dark=True))
    studio.get(reverse("studio:email_here", args=[email.pk]))
    studio.get(reverse("studio:email_readers"), {"q": "a"})
    studio.get(reverse("studio:preview_frame"))

    assert tables() == before
