"""Certificates, protocols and passwords, as real servers see them."""

import pytest

from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from tests.interop import letters
from tests.interop.conftest import MAILS
from tests.interop.world import compare, hand_over, no

pytestmark = pytest.mark.interop
postfix = pytest.mark.parametrize("server", ["postfix"], indirect=True)


def refusal(relay, door, **options):
    """The one answer that every mail gets when no connection can be opened."""
    answers, _ = hand_over(relay, door, letters.mails(5), **options)
    said = {(a.phase, a.accepted, a.code, a.error, a.text, classify(a)) for a in answers.values()}
    assert len(answers) == 5
    assert len(said) == 1
    assert relay.count() == 0
    return next(iter(answers.values()))


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        ("wrong_name", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        ("expired", "certificate has expired"),
    ],
)
def test_a_certificate_that_is_not_right_is_refused_with_the_reason(relay, door, reason):
    answer = refusal(relay, door)

    assert (answer.phase, answer.accepted, answer.error) == (Phase.TLS, False, "SSLCertVerificationError")
    assert reason in answer.text
    assert classify(answer) is Verdict.RELAY_DOWN


@pytest.mark.parametrize("door", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_authority_is_refused_with_the_reason(relay, door):
    answer = refusal(relay, door, ca_file=None)

    assert (answer.phase, answer.error) == (Phase.TLS, "SSLCertVerificationError")
    assert "unable to get local issuer certificate" in answer.text


@postfix
def test_tls_older_than_1_2_is_not_spoken(relay):
    answer = refusal(relay, "old_tls")

    assert (answer.phase, answer.accepted) == (Phase.TLS, False)
    assert answer.error == "SSLError"
    assert "protocol version" in answer.text.lower().replace("_", " ")


def test_a_server_without_starttls_is_not_mailed_to_in_clear(relay):
    answer = refusal(relay, "plain", use_tls=True)

    assert (answer.phase, answer.text) == (Phase.TLS, "the relay does not offer STARTTLS")


@pytest.mark.parametrize("door", ["auth", "lockstep_auth"])
def test_a_wrong_password_is_a_relay_that_cannot_be_used(relay, door):
    answer = refusal(relay, door, password="wrong")

    assert (answer.phase, answer.accepted, answer.code) == (Phase.AUTH, False, 535)
    assert classify(answer) is Verdict.RELAY_DOWN


def test_who_does_not_sign_in_is_refused_but_nobody_is_suppressed(relay):
    answers, _ = hand_over(relay, "auth", letters.mails(5), username="", connections=1)

    assert {(a.phase, a.accepted, classify(a)) for a in answers.values()} == {
        (Phase.RCPT, False, Verdict.REFUSED_POLICY)
    }
    assert relay.count() == 0


@postfix
def test_a_server_that_takes_few_connections_gets_everything_over_those(relay):
    mails = list(letters.mails(MAILS))

    answers, _ = hand_over(relay, "few_connections", mails, connections=4)

    assert no(answers) == set()
    compare(relay, mails, answers)
