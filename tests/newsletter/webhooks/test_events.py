"""Through anymail's real views: what is posted to us, and what it changes."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from clinic.clock import database_now
from newsletter import tokens
from newsletter.deliveries.models import Delivery, State
from newsletter.models import Fact, Suppression
from tests.factories import mail, people
from tests.newsletter.webhooks import provider

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2026, 1, 5, 15, tzinfo=UTC)


@pytest.fixture
def letter() -> Delivery:
    return mail.delivery(people.consent(people.lead("ada@mail.example")).lead, state=State.SUBMITTED)


@pytest.fixture
def signed(settings):
    settings.ANYMAIL = settings.ANYMAIL | {"MAILGUN_WEBHOOK_SIGNING_KEY": provider.SIGNING_KEY}


def facts() -> list[tuple[int, str]]:
    return list(Fact.objects.order_by("pk").values_list("delivery_id", "kind"))


def test_postmark_says_delivered(letter):
    told = provider.postmark_delivery(letter.pk, "ada@mail.example", DeliveredAt="2026-01-05T15:00:00Z")

    assert provider.postmark(told).status_code == 200
    fact = Fact.objects.get()
    assert (fact.delivery_id, fact.kind, fact.at) == (letter.pk, "delivered", LONG_AGO)
    assert fact.label == "smtp;250 2.0.0 OK l10si21599969igu.63 - gsmtp"


def test_postmark_says_bounced_and_the_address_is_mailed_no_more(letter):
    told = provider.postmark_bounce(letter.pk, "ada@mail.example")

    for _ in range(2):
        assert provider.postmark(told).status_code == 200
    assert facts() == [(letter.pk, "bounced")]
    assert list(Suppression.objects.values_list("scope", "reason")) == [("all", "hard_bounce")]


def test_what_a_provider_says_is_kept_without_the_address(letter):
    words = "smtp;550 5.1.1 <ada@mail.example> is unknown"
    provider.postmark(provider.postmark_bounce(letter.pk, "ada@mail.example", Description=words))

    assert Fact.objects.get().label == "smtp;550 5.1.1 <a•••@mail.example> is unknown"


def test_postmark_says_soft_bounce_and_nobody_is_suppressed(letter):
    told = provider.postmark_bounce(letter.pk, "ada@mail.example", "SoftBounce", Details="smtp;452 4.2.2 full")

    assert provider.postmark(told).status_code == 200
    assert facts() == [(letter.pk, "blocked")]
    assert Suppression.objects.count() == 0


def test_postmark_says_spam_complaint(letter):
    provider.postmark(provider.postmark_bounce(letter.pk, "ada@mail.example", "SpamComplaint"))

    assert facts() == [(letter.pk, "complained")]
    assert set(Suppression.objects.values_list("scope", flat=True)) == {"all", "marketing"}


@pytest.mark.parametrize("secret", ["", "meridian:guessed", "guessed"])
def test_without_the_secret_nothing_changes(letter, secret, caplog):
    caplog.set_level(logging.CRITICAL, logger="django.security")
    told = provider.postmark_bounce(letter.pk, "ada@mail.example")

    assert provider.postmark(told, secret=secret).status_code == 400
    assert facts() == []
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("number", ["999999999000", "0", "-1", "9" * 40, "abc", "", None, ["1"]])
def test_a_mail_we_never_sent_changes_nothing_even_for_an_address_we_know(letter, number):
    told = provider.postmark_bounce(0, "ada@mail.example", Metadata={"delivery": number})

    assert provider.postmark(told).status_code == 200
    assert facts() == []
    assert Suppression.objects.count() == 0


def test_mailgun_knows_the_mail_by_our_message_id(letter, signed):
    message_id = f"{tokens.name(letter.pk)}@harbour.example"

    answer = provider.mailgun("delivered", message_id=message_id, recipient="ada@mail.example")

    assert answer.status_code == 200
    assert facts() == [(letter.pk, "delivered")]


def test_mailgun_says_permanent_failure(letter, signed):
    provider.mailgun(
        "failed",
        message_id=f"{tokens.name(letter.pk)}@harbour.example",
        recipient="ada@mail.example",
        severity="permanent",
        reason="bounce",
        **{"delivery-status": {"code": 550, "message": "5.1.1 no such user", "description": ""}},
    )

    assert facts() == [(letter.pk, "bounced")]
    assert list(Suppression.objects.values_list("reason", flat=True)) == ["hard_bounce"]


def test_mailgun_says_temporary_failure_and_nothing_changes(letter, signed):
    provider.mailgun(
        "failed",
        message_id=f"{tokens.name(letter.pk)}@harbour.example",
        recipient="ada@mail.example",
        severity="temporary",
        reason="generic",
    )

    assert facts() == []


def test_a_message_id_with_a_forged_token_changes_nothing(letter, signed):
    token = tokens.name(letter.pk)
    forged = token[:12] + ("A" if token[12] != "A" else "B") + token[13:]

    for message_id in (f"{forged}@harbour.example", f"{letter.pk}@harbour.example", "", "<>"):
        provider.mailgun("complained", message_id=message_id, recipient="ada@mail.example")

    assert facts() == []


def test_a_moment_ahead_of_our_clock_is_now(letter):
    ahead = provider.postmark_delivery(letter.pk, "ada@mail.example", DeliveredAt="2099-01-05T15:00:00Z")
    before = database_now()

    provider.postmark(ahead)

    assert timedelta(0) <= Fact.objects.get().at - before < timedelta(minutes=1)


def test_an_event_without_a_moment_is_now(letter):
    told = provider.postmark_delivery(letter.pk, "ada@mail.example")
    del told["DeliveredAt"]
    before = database_now()

    provider.postmark(told)

    assert timedelta(0) <= Fact.objects.get().at - before < timedelta(minutes=1)


def test_opens_and_clicks_at_the_provider_are_not_kept(letter):
    for kind in ("Open", "Click"):
        told = {**provider.postmark_delivery(letter.pk, "ada@mail.example"), "RecordType": kind}
        assert provider.postmark(told).status_code == 200

    assert facts() == []
