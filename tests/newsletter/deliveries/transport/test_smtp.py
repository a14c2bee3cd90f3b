"""The backend as Django and the send engine reach it: through an alias of MAILERS."""

from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, InvalidMailer, mailers

from newsletter.deliveries.transport.answers import LaneTransport
from newsletter.deliveries.transport.smtp import Backend, NotSubmitted
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import IMPATIENT, ListJournal, accepted_keys, mails

PATH = "newsletter.deliveries.transport.smtp.Backend"


@pytest.fixture
def sink():
    with SmtpSink() as running:
        yield running


@pytest.fixture
def lane(settings, sink):
    settings.MAILERS = {
        "marketing": {"BACKEND": PATH, "OPTIONS": {"host": "127.0.0.1", "port": sink.port, **IMPATIENT}},
    }
    return "marketing"


def a_message(**fields):
    return EmailMultiAlternatives(
        **{
            "subject": "Your appointment",
            "body": "On Tuesday at nine.",
            "from_email": "The Clinic <clinic@clinic.example>",
            "to": ["Ann <ann@reader.example>"],
            **fields,
        }
    )


def test_finished_mails_are_submitted_with_their_bytes_as_they_are(lane, sink):
    journal = ListJournal()
    transport: Any = mailers[lane]
    answers = list(transport.submit(mails(3), journal=journal))
    transport.close()

    assert isinstance(transport, Backend)
    assert isinstance(transport, LaneTransport)
    assert sorted(answer.key for answer in answers if answer.accepted) == [1, 2, 3]
    assert sorted(accepted_keys(sink)) == sorted(journal.answers) == [1, 2, 3]
    assert sorted(sink.contents) == sorted(mail.content for mail in mails(3))


def test_connections_outlive_a_submission_and_end_with_close(lane, sink):
    transport: Any = mailers[lane]
    for _ in range(3):
        list(transport.submit(list(mails(1)), journal=ListJournal()))
    assert (sink.connections, sink.goodbyes) == (1, 0)

    transport.close()
    assert (sink.connections, sink.goodbyes) == (1, 1)


@pytest.mark.parametrize("connections", [1, 6])
def test_it_says_how_many_mails_it_can_have_under_way(connections):
    assert Backend(host="127.0.0.1", connections=connections).width == connections


def test_an_ordinary_message_goes_to_every_recipient_on_an_envelope_of_its_own(lane, sink):
    message = a_message(cc=["ben@reader.example"], bcc=["cleo@reader.example"])

    assert message.send(using=lane) == 1

    assert sorted(entry["recipient"] for entry in sink.accepted) == [
        "ann@reader.example",
        "ben@reader.example",
        "cleo@reader.example",
    ]
    assert {entry["sender"] for entry in sink.accepted} == {"clinic@clinic.example"}
    assert all(b"cleo" not in content for content in sink.contents)
    assert sink.goodbyes == sink.connections


def test_several_messages_are_counted(lane, sink):
    backend = mailers[lane]

    assert backend.send_messages([a_message(), a_message(), a_message(to=[])]) == 2
    assert backend.send_messages([]) == 0
    assert len(sink.accepted) == 2


def test_a_message_that_was_not_taken_is_an_error_that_says_why(settings):
    with SmtpSink({"faults": [{"at": "rcpt", "reply": "550 5.1.1 nobody here", "recipient": "ben"}]}) as sink:
        options = {"host": "127.0.0.1", "port": sink.port, **IMPATIENT}
        settings.MAILERS = {"marketing": {"BACKEND": PATH, "OPTIONS": options}}

        with pytest.raises(NotSubmitted, match=r"rcpt: 5\.1\.1 nobody here") as problem:
            a_message(to=["ann@reader.example", "ben@reader.example"]).send(using="marketing")

        assert [answer.code for answer in problem.value.answers] == [550]
        assert [entry["recipient"] for entry in sink.accepted] == ["ann@reader.example"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"host": "relay.example", "colour": "teal"},
        {"host": "relay.example", "use_tls": True, "use_ssl": True},
        {"host": "relay.example", "connections": 0},
    ],
)
def test_options_that_make_no_sense_are_refused_by_name_of_the_mailer(settings, options):
    settings.MAILERS = {"marketing": {"BACKEND": PATH, "OPTIONS": options}}

    with pytest.raises(InvalidMailer, match="marketing"):
        mailers["marketing"]
