"""The client as its callers see it: laziness, reuse, rotation, stopping, and standing down."""

import socket
import threading
import time

import pytest

from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions
from newsletter.deliveries.transport.work import MOST_AHEAD, JournalFailed
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import (
    IMPATIENT,
    ListJournal,
    accepted_keys,
    client_for,
    mail,
    mails,
    send,
)


@pytest.fixture
def sink():
    with SmtpSink() as running:
        yield running


@pytest.fixture
def journal():
    return ListJournal()


def test_no_mails_means_no_connection(sink):
    client = client_for(sink)

    assert list(client.send([], journal=ListJournal())) == []
    client.close()
    assert sink.connections == 0


def test_one_mail_opens_one_connection(sink):
    send(sink, [mail(1)], connections=4)

    assert sink.connections == 1


def test_several_connections_share_the_mails(sink):
    answers = send(sink, mails(200), connections=4)

    assert sorted(accepted_keys(sink)) == sorted(answers) == list(range(1, 201))
    assert sink.connections == 4
    assert {entry["connection"] for entry in sink.accepted} == {0, 1, 2, 3}


def test_connections_are_kept_between_sends(sink, journal):
    client = client_for(sink, connections=2)
    for first in (1, 101, 201):
        batch = [mail(key) for key in range(first, first + 100)]
        assert [answer.accepted for answer in client.send(batch, journal=journal)] == [True] * 100
    client.close()

    assert sink.connections == 2
    assert sorted(accepted_keys(sink)) == list(range(1, 301))


def test_a_connection_is_replaced_after_its_share_of_mails(sink):
    send(sink, mails(25), mails_per_connection=10)

    assert sink.connections == 3
    assert accepted_keys(sink) == list(range(1, 26))


def test_a_connection_that_the_relay_closed_between_sends_is_noticed(sink, journal):
    client = client_for(sink)
    assert [answer.accepted for answer in client.send([mail(1)], journal=journal)] == [True]
    sink.hang_up()

    assert [answer.accepted for answer in client.send([mail(2)], journal=journal)] == [True]
    client.close()
    assert accepted_keys(sink) == [1, 2]


def test_mails_are_taken_only_as_they_can_leave(sink, journal):
    taken = []

    def batch():
        for key in range(1, 101):
            taken.append(key)
            yield mail(key)

    client = client_for(sink, connections=2)
    answers = client.send(batch(), journal=journal)

    assert taken == []
    for _ in range(10):
        next(answers)
    assert len(taken) <= 10 + 2 * 2 + 2 * 2 + MOST_AHEAD  # answered, under way, announced behind those, and ready
    answers.close()
    client.close()


def test_no_more_than_one_mail_per_connection_is_ever_in_doubt(sink):
    class Strict(ListJournal):
        most = 0

        def begin(self, key):
            super().begin(key)
            self.most = max(self.most, len(self.begun) - len(self.answers))

    journal = Strict()
    send(sink, mails(100), journal=journal, connections=3)

    assert journal.most == 3
    assert journal.begun
    assert set(journal.begun) == set(journal.answers)


def test_closing_early_begins_nothing_more_and_finishes_what_is_under_way(journal):
    with SmtpSink({"latency": [0.05, 0.1]}) as sink:
        client = client_for(sink, connections=3, timeout=30.0, dot_timeout=30.0, closing_timeout=30.0)
        answers = client.send(mails(1000), journal=journal)
        next(answers)

        begun = len(journal.begun)
        answers.close()

        assert len(journal.begun) == begun
        assert sorted(journal.answers) == sorted(journal.begun) == sorted(accepted_keys(sink))
        assert set(journal.answers.values()) == {250}
        client.close()


def test_closing_early_does_not_wait_for_ever(journal):
    with SmtpSink({"faults": [{"at": "dot", "do": "hang", "after": 1}]}) as sink:
        client = client_for(sink, dot_timeout=600.0, closing_timeout=0.2)
        answers = client.send(mails(10), journal=journal)
        next(answers)
        started = time.monotonic()

        answers.close()
        client.close()

        assert time.monotonic() - started < 60
        assert journal.begun[0] == 1
        assert journal.answers == {1: 250}


def test_while_a_relay_thinks_somebody_looks_and_what_is_halted_does_not_begin(journal):
    """The relay takes 1.2 seconds for a dot; the second body would have begun with its answer."""
    looks = []
    with SmtpSink({"latency": [1.2, 1.2]}) as sink:
        client = client_for(sink, dot_timeout=10)

        def look():
            looks.append(list(journal.begun))
            if journal.begun:
                client.halt()

        answers = list(client.send(mails(3), journal=journal, look=look))
        client.close()

    assert [(answer.key, answer.accepted) for answer in answers] == [(1, True)]
    assert (journal.begun, accepted_keys(sink)) == ([1], [1])
    assert [1] in looks


def test_a_closed_send_leaves_a_client_that_can_send(sink, journal):
    client = client_for(sink, connections=2)
    answers = client.send(mails(50), journal=journal)
    next(answers)
    answers.close()
    before = set(accepted_keys(sink))

    later = [mail(key) for key in range(100, 110)]
    assert [answer.accepted for answer in client.send(later, journal=journal)] == [True] * 10
    client.close()
    assert set(accepted_keys(sink)) == before | set(range(100, 110))


def test_two_sends_at_once_are_a_mistake(sink, journal):
    client = client_for(sink)
    first = client.send(mails(10), journal=journal)
    next(first)

    with pytest.raises(RuntimeError, match="still under way"):
        next(client.send(mails(10), journal=journal))
    first.close()
    client.close()


def test_an_error_in_the_mails_comes_after_the_answers_under_way(sink, journal):
    def batch():
        yield from mails(5)
        raise LookupError("no such template")

    client = client_for(sink, connections=2)
    answers = client.send(batch(), journal=journal)
    answered = [next(answers).key for _ in range(5)]
    with pytest.raises(LookupError):
        next(answers)
    client.close()

    assert sorted(answered) == sorted(accepted_keys(sink)) == [1, 2, 3, 4, 5]
    assert sorted(journal.answers) == [1, 2, 3, 4, 5]


def test_a_journal_that_cannot_be_written_stops_the_body(sink, journal):
    class Full(ListJournal):
        def begin(self, key):
            raise OSError("no space left on device")

    client = client_for(sink)
    with pytest.raises(JournalFailed, match="no space left"):
        list(client.send(mails(3), journal=Full()))
    assert sink.accepted == []

    assert [answer.accepted for answer in client.send([mail(1)], journal=journal)] == [True]
    client.close()


def test_a_journal_that_fails_at_an_answer_is_not_mistaken_for_a_lost_connection(sink):
    class Full(ListJournal):
        def answered(self, key, code):
            raise OSError("no space left on device")

    client = client_for(sink)
    with pytest.raises(JournalFailed, match="no space left"):
        list(client.send(mails(3), journal=Full()))
    client.close()

    assert accepted_keys(sink) == [1]


def test_a_slow_consumer_costs_no_mail(journal):
    with SmtpSink() as sink:
        client = client_for(sink, connections=2, timeout=0.8, dot_timeout=0.8)
        accepted = []
        for answer in client.send(mails(4), journal=journal):
            accepted.append(answer.accepted)
            threading.Event().wait(1)  # longer than any time-out
        client.close()

        assert accepted == [True] * 4


def test_a_relay_that_is_away_is_said_so_for_every_mail():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    client = SmtpClient(SmtpOptions("127.0.0.1", port, connections=4, **IMPATIENT))
    journal = ListJournal()

    answers = list(client.send(mails(50), journal=journal))
    client.close()

    assert sorted(answer.key for answer in answers) == list(range(1, 51))
    assert {classify(answer) for answer in answers} == {Verdict.RELAY_DOWN}
    assert {answer.error for answer in answers} == {"ConnectionRefusedError"}
    assert journal.lines == []


def test_a_name_that_nobody_knows_is_a_relay_that_is_away():
    client = SmtpClient(SmtpOptions("relay.invalid", **IMPATIENT))

    (answer,) = client.send([mail(1)], journal=ListJournal())
    client.close()

    assert (answer.phase, answer.error) == (Phase.CONNECT, "gaierror")


def test_the_second_address_of_a_name_is_tried(sink):
    """The sink listens on IPv4 only, and localhost is often IPv6 first."""
    assert send(sink, [mail(1)], host="localhost")[1].accepted


def test_every_address_of_a_name_is_tried_in_turn(sink, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()
    rows = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (closed, closed, ("127.0.0.1", sink.port))
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)

    assert send(sink, [mail(1)])[1].accepted


class BreaksBehindTheDot:
    """A socket that takes everything up to a body's dot, and breaks in the middle of the same write."""

    def __init__(self, real):
        self.real = real

    def send(self, data):
        end = bytes(data).find(b"\r\n.\r\n")
        if end < 0:
            raise ConnectionResetError("broken")
        return self.real.send(data[: end + 5])

    def __getattr__(self, name):
        return getattr(self.real, name)


def test_a_write_that_breaks_behind_the_dot_leaves_that_mail_in_doubt(journal):
    with SmtpSink({"latency": [0.1, 0.1]}) as sink:
        client = client_for(sink)
        list(client.send([mail(1)], journal=journal))
        wire = client._connections[0]._wire
        real = wire._socket

        def batch():
            yield mail(2)
            wire._socket = BreaksBehindTheDot(real)
            yield mail(3)

        answers = {answer.key: answer for answer in client.send(batch(), journal=journal)}
        client.close()

    assert (answers[2].phase, answers[2].accepted) == (Phase.DOT, None)
    assert answers[3].accepted


def test_what_was_queued_and_what_was_written_are_counted_alike(sink, journal):
    client = client_for(sink)
    list(client.send(mails(3), journal=journal))
    conversation = client._connections[0]._conversation
    client.close()

    assert (
        conversation.written
        == conversation.queued
        == sum(
            len(f"MAIL FROM:<{one.sender}>\r\nRCPT TO:<{one.recipient}>\r\nDATA\r\n") + len(one.content) + 3
            for one in mails(3)
        )
    )


def test_a_connection_that_gets_no_place_leaves_its_mail_to_the_others():
    """The relay takes two connections and turns the third and fourth away."""
    rules = {"faults": [{"at": "banner", "reply": "421 4.7.0 too many connections", "after": 2}]}
    with SmtpSink(rules) as sink:
        answers = send(sink, mails(40), connections=4)

        assert [answers[key].accepted for key in sorted(answers)] == [True] * 40
        assert sorted(accepted_keys(sink)) == list(range(1, 41))


def test_a_relay_that_breaks_every_connection_is_given_up():
    with SmtpSink({"faults": [{"at": "rcpt", "do": "drop"}]}) as sink:
        answers = send(sink, mails(30), connections=2)

        assert sink.connections == 6
        verdicts = [classify(answer) for answer in answers.values()]
        assert verdicts.count(Verdict.RETRY) == 6
        assert verdicts.count(Verdict.RELAY_DOWN) == 24
        assert {answer.error for answer in answers.values()} == {"EOFError", "GaveUp"}


def test_what_failed_is_tried_again_in_the_next_send():
    with SmtpSink({"faults": [{"at": "banner", "reply": "421 4.3.2 closing", "times": 1}]}) as sink:
        client = client_for(sink)
        first = list(client.send([mail(1)], journal=ListJournal()))
        second = list(client.send([mail(1)], journal=ListJournal()))
        client.close()

        assert [classify(answer) for answer in first + second] == [Verdict.RELAY_DOWN, Verdict.SUBMITTED]


def test_quitting_is_polite(sink):
    send(sink, mails(4), connections=2)

    assert sink.goodbyes == 2


@pytest.mark.parametrize("wrong", [{"use_tls": True, "use_ssl": True}, {"connections": 0}, {"mails_per_connection": 0}])
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"exclude|must be"):
        SmtpOptions("relay.example", **wrong)


def test_a_password_is_not_shown():
    assert "secret" not in repr(SmtpOptions("relay.example", username="us", password="secret"))
