"""Connections that end: by our own rotation, by the server's limit, by a reload, and by its sudden death."""

import pytest

from newsletter.deliveries.transport.client import SmtpClient
from tests.fakes.delaying_proxy import DelayingProxy
from tests.interop import letters
from tests.interop.conftest import MAILS
from tests.interop.world import compare, hand_over, no, options
from tests.newsletter.deliveries.transport.world import ListJournal

pytestmark = pytest.mark.interop

CONNECTIONS = 4


@pytest.mark.parametrize("door", ["plain", "lockstep"])
def test_a_connection_carries_its_share_and_is_replaced(relay, door):
    mails = list(letters.mails(MAILS))

    with DelayingProxy(relay.ports[door], delay=0) as proxy:
        answers, _ = hand_over(relay, door, mails, port=proxy.port, connections=1, mails_per_connection=7)

    assert proxy.connections == -(-MAILS // 7)
    assert no(answers) == set()
    compare(relay, mails, answers)


@pytest.mark.parametrize("server", ["exim"], indirect=True)
def test_a_server_that_takes_so_many_mails_a_connection_gets_the_rest_over_the_next(relay):
    """Exim answers the 101st MAIL of a connection, which came in one write with a body, by 421."""
    mails = list(letters.mails(230))

    with DelayingProxy(relay.ports["plain"], delay=0) as proxy:
        answers, _ = hand_over(relay, "plain", mails, port=proxy.port, connections=1)

    assert proxy.connections == 3
    assert no(answers) == set()
    compare(relay, mails, answers)


def test_a_reload_in_the_middle_loses_nothing_and_doubts_nothing(relay):
    mails = list(letters.mails(MAILS))
    answers = {}
    for answer in sending(relay, mails):
        answers[answer.key] = answer
        if len(answers) == MAILS // 3:
            relay.reload()

    assert no(answers) == set()
    compare(relay, mails, answers)


def test_a_server_that_dies_in_the_middle_leaves_a_doubt_per_connection_at_most(relay):
    mails = list(letters.mails(MAILS))
    first = {}
    for answer in sending(relay, mails):
        first[answer.key] = answer
        if len(first) == MAILS // 3:
            relay.kill()
    relay.start()
    rest = [mail for mail in mails if first[mail.key].accepted is False]
    second, _ = hand_over(relay, "plain", rest)

    doubted = {mail.recipient for mail in mails if first[mail.key].accepted is None}
    answers = first | second
    assert len(doubted) <= CONNECTIONS
    assert rest, "the server died too late for this test"
    certain = [mail for mail in mails if mail.recipient not in doubted]
    assert {answers[mail.key].accepted for mail in certain} == {True}
    taken = {(one.recipient, one.queue_id) for one in relay.mails(len(certain))}
    recipients = [recipient for recipient, _ in taken]
    assert sorted(recipients) == sorted(set(recipients)), "a mail was taken twice"
    assert {mail.recipient for mail in certain} <= set(recipients) <= {mail.recipient for mail in mails}


def sending(relay, mails):
    """The answers one by one, so that something can happen in between."""
    client = SmtpClient(options(relay, "plain", connections=CONNECTIONS))
    try:
        yield from client.send(mails, journal=ListJournal())
    finally:
        client.close()
