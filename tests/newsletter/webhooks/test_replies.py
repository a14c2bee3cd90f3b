from datetime import timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from clinic.clock import database_now
from leads.models import Inquiry
from leads.privacy import services as privacy
from newsletter import tokens
from newsletter.deliveries.models import State
from newsletter.models import Delivery, Enrolment, Fact, Outcome, Suppression, Uncertain
from newsletter.sequences import services as sequences
from newsletter.sequences.plan.document import EventKind
from newsletter.webhooks import services
from newsletter.webhooks.meaning import Meaning
from newsletter.webhooks.services import Heard, Reply
from tests.factories import mail, people
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import email
from tests.newsletter.webhooks.provider import postmark, postmark_delivery, postmark_reply
from tests.website import footprint

pytestmark = pytest.mark.django_db
NOW = ways.NOW
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def way(db) -> Enrolment:
    """Ada in a sequence that is for an answer: one mail left, the next one is planned."""
    of = ways.sequence(email(1), email(2, 0), **ways.goal(EventKind.REPLIED))
    begun = ways.begun(of, ways.reader(email="ada@mail.example"))
    sequences.advance(NOW)
    Outcome.objects.create(delivery_id=Delivery.objects.get().pk, at=NOW, state=State.SUBMITTED, provider_id="pm-1")
    return begun


@pytest.fixture
def letter(way: Enrolment) -> Delivery:
    return Delivery.objects.get()


def name(delivery: Delivery) -> str:
    return f"<{tokens.name(delivery.pk)}@harbour.example>"


def reply(headers: dict[str, str], text: str = "Thank you!", *, secret: str | None = None, **fields: object) -> Any:
    named = {"Message-ID": "<1@mail.example>", **headers}
    return postmark(postmark_reply(named, text, **fields), secret=secret, door="inbound")


def state(of: Enrolment) -> tuple[str, str]:
    of.refresh_from_db()
    return of.state, of.exit_reason


@pytest.mark.parametrize(
    "headers",
    [
        lambda name: {"In-Reply-To": name},
        lambda name: {"References": f"<other@mail.example> {name} <2@mail.example>"},
        lambda name: {"In-Reply-To": "<unknown@mail.example>", "References": name},
        lambda name: {"In-Reply-To": f"Your message of Tuesday {name.replace('harbour', 'relay')}"},
    ],
)
def test_an_answer_ends_what_it_was_for_and_waits_for_a_person(way: Enrolment, letter: Delivery, headers) -> None:
    answer = reply(headers(name(letter)), "Thursday suits me.\n\n> Dear Ada")

    assert answer.status_code == 200
    assert state(way) == ("exited", "replied")
    assert Fact.objects.get(kind="replied").delivery_id == letter.pk
    inquiry = Inquiry.objects.get()
    assert (inquiry.lead, inquiry.question, inquiry.answers) == (way.lead, "Thursday suits me.", letter.pk)
    assert inquiry.handled_at is None


def test_an_answer_mails_nobody_and_begins_nothing(way: Enrolment, letter: Delivery) -> None:
    reply({"In-Reply-To": name(letter)})

    assert (Delivery.objects.count(), Enrolment.objects.count()) == (1, 1)


def test_a_provider_that_names_mails_itself_is_understood(way: Enrolment, letter: Delivery) -> None:
    reply({"In-Reply-To": "<pm-1@mtasv.net>"})

    assert state(way) == ("exited", "replied")


def test_that_name_counts_only_from_whom_the_mail_went_to(way: Enrolment) -> None:
    before = footprint.tables()

    reply({"In-Reply-To": "<pm-1@mtasv.net>"}, FromFull={"Email": "bob@mail.example", "Name": ""})

    assert footprint.tables() == before


def test_an_answer_from_another_address_counts_and_is_marked(way: Enrolment, letter: Delivery) -> None:
    reply({"In-Reply-To": name(letter)}, "It is me.", FromFull={"Email": "ada@work.example", "Name": "Ada"})

    assert state(way) == ("exited", "replied")
    assert Inquiry.objects.get().question == "(From another address than theirs.)\nIt is me."


@pytest.mark.parametrize(
    "headers",
    [{"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X-Autoreply": "yes"}, {"Return-Path": "<>"}],
)
def test_a_machines_answer_never_counts(way: Enrolment, letter: Delivery, headers: dict[str, str]) -> None:
    before = footprint.tables()

    assert reply({**headers, "In-Reply-To": name(letter)}).status_code == 200

    assert footprint.tables() == before


def test_out_of_office_never_counts(way: Enrolment, letter: Delivery) -> None:
    before = footprint.tables()

    assert reply({"In-Reply-To": name(letter)}, Subject="Out of Office: Hello").status_code == 200

    assert footprint.tables() == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"In-Reply-To": "<unknown@mail.example>"},
        {"In-Reply-To": "<" + "A" * 22 + "@harbour.example>"},
        {"In-Reply-To": tokens.LENGTH * "x"},
        {"References": "<" * 5000},
        {"References": " ".join(f"<{number}@mail.example>" for number in range(2000))},
    ],
)
def test_what_answers_none_of_our_mails_is_kept_nowhere(
    way: Enrolment, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    before = footprint.tables()

    assert reply(headers, "I am Ada, and secret.").status_code == 200

    assert footprint.tables() == before
    assert "A mail came in that answers none of ours: not kept" in caplog.messages
    assert "ada" not in caplog.text.lower()


def test_a_link_or_a_page_of_a_mail_is_no_name_for_it(way: Enrolment, letter: Delivery) -> None:
    for made in (tokens.sign(letter.pk), tokens.sign_page(letter.pk)):
        reply({"In-Reply-To": f"<{made}@harbour.example>"})

    assert Inquiry.objects.count() == 0


@pytest.mark.parametrize("secret", ["", "meridian:guessed", ":"])
def test_nobody_is_heard_without_the_secret(way: Enrolment, letter: Delivery, secret: str) -> None:
    before = footprint.tables()

    assert reply({"In-Reply-To": name(letter)}, secret=secret).status_code == 400

    assert footprint.tables() == before


def test_the_same_answer_heard_again_changes_nothing(way: Enrolment, letter: Delivery) -> None:
    reply({"In-Reply-To": name(letter)})
    before = footprint.tables()

    assert reply({"In-Reply-To": name(letter)}).status_code == 200

    assert footprint.tables() == before


def test_a_second_answer_is_read_by_a_person_too(way: Enrolment, letter: Delivery) -> None:
    for number in (1, 2):
        reply({"In-Reply-To": name(letter), "Message-ID": f"<{number}@mail.example>"}, f"Answer {number}")

    assert list(Inquiry.objects.order_by("pk").values_list("question", flat=True)) == ["Answer 1", "Answer 2"]
    assert Fact.objects.filter(kind="replied").count() == 1


def test_a_second_answer_ends_what_began_after_the_first(way: Enrolment, letter: Delivery) -> None:
    reply({"In-Reply-To": name(letter)})
    later = ways.begun(ways.sequence(email(1, 9), key="later", **ways.goal(EventKind.REPLIED)), way.lead)

    reply({"In-Reply-To": name(letter), "Message-ID": "<2@mail.example>"}, "And one more thing")

    assert state(later) == ("exited", "replied")


def test_nobody_floods_the_call_list(way: Enrolment, letter: Delivery) -> None:
    for number in range(25):
        services.hear_reply(Reply(letter.pk, bytes([number]) * 16, "More", "ada@mail.example"), now=SOON)

    assert Inquiry.objects.count() == 20


def test_an_answer_settles_an_uncertain_delivery(db) -> None:
    doubt = mail.uncertain(people.lead())

    services.hear_reply(Reply(doubt.delivery_id, b"1" * 16), now=database_now())

    assert Uncertain.objects.count() == 0


def test_whoever_is_erased_is_not_written_down_again(way: Enrolment, letter: Delivery) -> None:
    reply({"In-Reply-To": name(letter)}, "I am Ada.")
    privacy.erase(way.lead, by=None, now=database_now())

    reply({"In-Reply-To": name(letter), "Message-ID": "<2@mail.example>"}, "I am Ada.")

    assert list(Inquiry.objects.values_list("question", "heard_as")) == [("", None)]


@pytest.mark.parametrize("kind", [6, 8])
def test_mail_to_staff_and_tests_are_answered_to_nobody(db, kind: int) -> None:
    lead = people.lead()
    to = {"lead_id": None, "staff_id": 1} if kind == 6 else {}
    letter = mail.delivery(lead, state=State.SUBMITTED, kind=kind, **to)

    assert not services.hear_reply(Reply(letter.pk, b"1" * 16, "Hello"), now=database_now())
    assert (Inquiry.objects.count(), Fact.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"RawEmail": "In-Reply-To: {name}\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nHi \xff"},
        {"RawEmail": "In-Reply-To: {name}\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n"},
        {"RawEmail": "From: <<>>@@,;\r\nDate: never\r\nIn-Reply-To: {name}\r\nSubject: =?x?q?=ff?=\r\n\r\n\x00words"},
        {"RawEmail": "In-Reply-To: {name}\r\nContent-Type: text/html\r\n\r\n<p>Hi<script>alert(1)"},
        {"RawEmail": "From: ada@mail.example\r\nIn-Reply-To: <\xe9@mail.example>\r\n\r\nHi"},
        {"RawEmail": "From: ada@mail.example\r\nIn-Reply-To: <a\x00b@mail.example>\r\n\r\nHi"},
        {"RawEmail": "In-Reply-To: {name}\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA-"},
        {"TextBody": "\x00" * 3000},
        {"TextBody": "a" * 200_000},
        {"TextBody": None, "HtmlBody": None},
    ],
)
def test_a_mail_that_nobody_could_have_written_breaks_nothing(
    way: Enrolment, letter: Delivery, fields: dict[str, Any]
) -> None:
    made = {key: value.replace("{name}", name(letter)) if value else value for key, value in fields.items()}

    assert reply({"In-Reply-To": name(letter)}, **made).status_code in {200, 400}


def test_what_the_door_for_replies_is_sent_by_mistake_is_answered(way: Enrolment, letter: Delivery) -> None:
    told = postmark(postmark_delivery(letter.pk, "ada@mail.example"), door="inbound")

    assert told.status_code == 404


def attached(megabytes: int) -> dict[str, Any]:
    content = "QUJD" * (megabytes * 2**18)
    return {"Attachments": [{"Name": "a.png", "Content": content, "ContentType": "image/png", "ContentLength": 1}]}


def test_an_answer_with_a_picture_is_heard(way: Enrolment, letter: Delivery) -> None:
    answer = reply({"In-Reply-To": name(letter)}, "See the picture.", **attached(5))

    assert answer.status_code == 200
    assert Inquiry.objects.get().question == "See the picture."


@pytest.mark.parametrize(("megabytes", "secret"), [(5, ""), (5, "meridian:guessed"), (36, None)])
def test_a_strangers_flood_is_not_read_and_nor_is_more_than_a_mail(
    way: Enrolment, letter: Delivery, megabytes: int, secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WSGIRequest, "read", lambda *_: pytest.fail("It was read."))

    assert reply({"In-Reply-To": name(letter)}, secret=secret, **attached(megabytes)).status_code == 400


EVENTS = st.sampled_from(
    [("reply", 1), ("reply", 2), ("other", 1), ("unknown", 0), *(("fact", meaning) for meaning in Meaning)]
)


@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_neither_order_nor_repetition_of_answers_and_facts_matters(way, letter, data) -> None:
    drawn = data.draw(st.lists(EVENTS, min_size=1, max_size=5, unique=True))
    again = data.draw(st.lists(st.sampled_from(drawn), max_size=5))
    shuffled = data.draw(st.permutations(drawn + again))

    assert after(shuffled, way, letter) == after(drawn, way, letter)


def after(told: list[tuple[str, Any]], way: Enrolment, letter: Delivery) -> dict[str, Any]:
    """The world after these, which are then undone: all but which cause came first."""
    with transaction.atomic():
        other = mail.delivery(people.lead("other@mail.example"), state=State.SUBMITTED)
        for kind, value in told:
            _tell(kind, value, letter, other)
        found = {
            "facts": sorted(Fact.objects.values_list("kind", flat=True)),
            "questions": sorted(Inquiry.objects.values_list("question", flat=True)),
            "under way": Enrolment.objects.filter(ended_at=None).count(),
            "suppressed": sorted(Suppression.objects.filter(lifted_at=None).values_list("scope", flat=True)),
        }
        transaction.set_rollback(True)
    return found


def _tell(kind: str, value: Any, letter: Delivery, other: Delivery) -> None:
    if kind == "fact":
        services.hear(Heard(letter.pk, value, NOW, "", "ada@mail.example"), now=SOON)
    else:
        to = {"reply": letter.pk, "other": other.pk, "unknown": 10**15}[kind]
        services.hear_reply(Reply(to, f"{kind}{value}".encode().ljust(16), f"{kind} {value}"), now=SOON)
