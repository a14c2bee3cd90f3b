"""Greeting, TLS and signing in, over real connections."""

import pytest

from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import ListJournal, accepted_keys, client_for, mail, mails, send

SECURED = [{"use_tls": True}, {"use_ssl": True}]
secured = pytest.mark.parametrize("security", SECURED, ids=["starttls", "tls"])


def tls_sink(certificate, security, rules=None):
    return SmtpSink(rules, tls=certificate.context, implicit_tls="use_ssl" in security)


@secured
def test_mail_travels_over_tls(certificate, security):
    with tls_sink(certificate, security) as sink:
        answers = send(sink, mails(100), connections=4, ca_file=str(certificate.file), **security)

        assert [answer.accepted for answer in answers.values()] == [True] * 100
        assert sorted(accepted_keys(sink)) == list(range(1, 101))
        assert {session.transport.get_extra_info("sslcontext") is None for session in sink.sessions} == {False}


@secured
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate, security):
    with tls_sink(certificate, security) as sink:
        answer = send(sink, [mail(1)], **security)[1]

        assert (answer.phase, answer.accepted, answer.error) == (Phase.TLS, False, "SSLCertVerificationError")
        assert classify(answer) is Verdict.RELAY_DOWN
        assert sink.accepted == []


def test_verification_can_be_switched_off(certificate):
    with tls_sink(certificate, {}) as sink:
        assert send(sink, [mail(1)], use_tls=True, verify=False)[1].accepted


def test_a_relay_without_starttls_is_not_used_in_clear(certificate):
    with SmtpSink() as sink:
        answer = send(sink, [mail(1)], use_tls=True)[1]

        assert (answer.phase, answer.accepted, answer.text) == (Phase.TLS, False, "the relay does not offer STARTTLS")
        assert classify(answer) is Verdict.RELAY_DOWN


def test_bytes_slipped_in_before_the_change_to_tls_are_not_believed(certificate):
    slipped_in = {"at": "starttls", "reply": "220 2.0.0 go ahead\r\n250 2.0.0 sneaked in"}
    with tls_sink(certificate, {}, {"faults": [slipped_in]}) as sink:
        answer = send(sink, [mail(1)], use_tls=True, ca_file=str(certificate.file))[1]

        assert (answer.phase, answer.accepted, answer.error) == (Phase.TLS, False, "BadReply")


def test_starttls_refused_is_a_relay_that_is_down(certificate):
    with tls_sink(certificate, {}, {"faults": [{"at": "starttls", "reply": "454 4.7.0 not now"}]}) as sink:
        answer = send(sink, [mail(1)], use_tls=True)[1]

        assert (answer.phase, answer.accepted, answer.code) == (Phase.TLS, False, 454)


def test_tls_to_a_relay_that_speaks_in_clear_sends_nothing():
    with SmtpSink() as sink:
        answer = send(sink, [mail(1)], use_ssl=True)[1]

        assert (answer.phase, answer.accepted) == (Phase.TLS, False)
        assert sink.accepted == []


@secured
def test_a_large_body_arrives_whole_over_tls(certificate, security):
    content = mail(1).content + b"0123456789" * 7 * 50_000 + b"\r\n"
    with tls_sink(certificate, security) as sink:
        options = {"ca_file": str(certificate.file), "timeout": 30.0, "dot_timeout": 30.0}
        assert send(sink, [mail(1, content=content)], **options, **security)[1].accepted

        assert sink.contents == [content]


@secured
@pytest.mark.parametrize(
    ("fault", "phase", "accepted"),
    [
        ({"at": "rcpt", "reply": "550 5.1.1 nobody"}, Phase.RCPT, False),
        ({"at": "data", "do": "drop"}, Phase.DATA, False),
        ({"at": "dot", "reply": "451 4.7.0 later"}, Phase.DOT, False),
        ({"at": "dot", "do": "accept_drop"}, Phase.DOT, None),
        ({"at": "dot", "do": "accept_hang"}, Phase.DOT, None),
    ],
)
def test_tls_changes_nothing_about_what_is_known(certificate, security, fault, phase, accepted):
    with tls_sink(certificate, security, {"faults": [fault]}) as sink:
        answer = send(sink, [mail(1)], ca_file=str(certificate.file), **security)[1]

        assert (answer.phase, answer.accepted) == (phase, accepted)


def test_a_drop_in_the_middle_of_a_body_over_tls_is_not_an_acceptance(certificate):
    huge = mail(1).content + b"x" * 30_000_000
    with tls_sink(certificate, SECURED[1], {"faults": [{"at": "body", "do": "drop"}]}) as sink:
        options = {"ca_file": str(certificate.file), "timeout": 30.0, "use_ssl": True}
        answer = send(sink, [mail(1, content=huge)], **options)[1]

        assert (answer.phase, answer.accepted) == (Phase.BODY, False)


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "LOGIN PLAIN"])
def test_signing_in(mechanisms):
    with SmtpSink({"auth": mechanisms, "credentials": ["clinic", "Sésame"]}) as sink:
        answers = send(sink, mails(3), username="clinic", password="Sésame")

        assert [answer.accepted for answer in answers.values()] == [True, True, True]
        assert all(session.is_signed_in for session in sink.sessions)


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN"])
def test_a_wrong_password_stops_everything_before_the_first_mail(mechanisms):
    with SmtpSink({"auth": mechanisms, "credentials": ["clinic", "right"]}) as sink:
        answers = send(sink, mails(3), username="clinic", password="wrong")

        assert {(answer.phase, answer.code) for answer in answers.values()} == {(Phase.AUTH, 535)}
        assert {classify(answer) for answer in answers.values()} == {Verdict.RELAY_DOWN}
        assert sink.offered == {}


def test_a_relay_that_nobody_can_sign_in_to_is_said_so():
    with SmtpSink() as sink:
        answer = send(sink, [mail(1)], username="clinic", password="x")[1]

        assert (answer.phase, answer.accepted, answer.error) == (Phase.AUTH, False, "NotOpened")


def test_no_password_is_sent_before_tls(certificate):
    """Without STARTTLS on offer the client gives up; the sink never hears AUTH."""
    with SmtpSink({"auth": "PLAIN", "credentials": ["clinic", "secret"]}) as sink:
        send(sink, [mail(1)], username="clinic", password="secret", use_tls=True)

        assert [session.is_signed_in for session in sink.sessions] == [False]


def test_connections_over_tls_are_kept_between_sends(certificate):
    with tls_sink(certificate, SECURED[1]) as sink:
        client = client_for(sink, use_ssl=True, ca_file=str(certificate.file), connections=2)
        for first in (1, 11):
            batch = [mail(key) for key in range(first, first + 10)]
            assert [answer.accepted for answer in client.send(batch, journal=ListJournal())] == [True] * 10
        client.close()

        assert sink.connections == 2
