"""What the client does while somebody waits for another file, and with mails whose time has passed."""

import os
from collections.abc import Iterator

import pytest

from newsletter.deliveries.transport import work
from newsletter.deliveries.transport.answers import seconds
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.conversation import Conversation
from newsletter.deliveries.transport.envelope import Abilities
from newsletter.deliveries.transport.replies import Reply
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import ListJournal, accepted_keys, client_for, mail, mails, send

READ = 1


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


def test_mails_go_on_leaving_until_the_file_is_ready(sink):
    """The file becomes ready when the tenth mail is asked for: nine others left while it was waited for."""
    reading, writing = os.pipe()

    def batch():
        for one in mails(20):
            if one.key == 10:
                os.write(writing, b"x")
            yield one

    client = client_for(sink, connections=1)
    answers = client.send(batch(), journal=ListJournal())
    first = next(answers)

    assert client.go_on_until(reading, READ) == READ
    assert [first.key, *(answer.key for answer in answers)] == list(range(1, 21))
    client.close()
    assert accepted_keys(sink) == list(range(1, 21))


def test_a_file_is_waited_for_when_no_mail_is_left(sink):
    reading, writing = os.pipe()
    client = client_for(sink)
    answers = client.send([mail(1)], journal=ListJournal())
    next(answers)
    os.write(writing, b"x")

    assert client.go_on_until(reading, READ) == READ
    assert list(answers) == []
    client.close()


def test_a_mail_whose_time_has_passed_does_not_begin_and_is_not_answered(sink):
    late = mail(2)._replace(begin_by=seconds() - 1)
    answers = send(sink, [mail(1), late, mail(3)])

    assert sorted(answers) == [1, 3]
    assert sorted(accepted_keys(sink)) == [1, 3]


def test_a_body_does_not_begin_when_the_relay_says_yes_after_its_time_and_that_is_an_answer(monkeypatch):
    clock, journal = [0.0], ListJournal()
    monkeypatch.setattr(work, "seconds", lambda: clock[0])
    under_way = work.Work([mail(1)._replace(begin_by=5.0)], journal)
    conversation = Conversation(Abilities(), pipelining=False, most_mails=9)

    assert conversation.begin(under_way).startswith(b"MAIL")
    assert conversation.hear(Reply(250, [b"fine"])).startswith(b"RCPT")
    assert conversation.hear(Reply(250, [b"fine"])) == b"DATA\r\n"
    clock[0] = 6.0
    assert conversation.hear(Reply(354, [b"go ahead"])) == b""
    assert conversation.is_over
    (answer,) = under_way.answers
    assert (answer.accepted, answer.error, classify(answer)) == (False, "TooSlow", Verdict.RETRY)
    assert journal.begun == []
