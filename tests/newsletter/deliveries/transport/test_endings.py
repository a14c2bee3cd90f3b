"""What must become of a delivery, by how far the conversation had come and what was answered: the whole table.

How an answer comes about on the wire is tested in test_outcomes (SMTP) and test_provider (HTTP); here each row has
the answers that stand for it, and what they do to the delivery.
"""

import socket
import struct
import threading
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.deliveries.models import State
from newsletter.deliveries.record import BACK_OFF, RELAY_REST, Record, Subject
from newsletter.deliveries.transport.answers import Answer, Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.options import SmtpOptions
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import mail, send

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
OPENING = [Phase.CONNECT, Phase.GREETING, Phase.TLS, Phase.AUTH]
ENVELOPE = [Phase.MAIL, Phase.RCPT, Phase.DATA]
LOST = ["EOFError", "TimeoutError", "ConnectionResetError"]  # hung up, hanging, reset

SUBMITTED, FAILED = "submitted", "failed"
SUPPRESSED = "failed and the address suppressed"
RETRY = "tried again, at the cost of an attempt"
REST = "tried again, at no cost"
UNCERTAIN = "uncertain"


def no(phase, code=None, enhanced=None, error=None, retry_after=None):
    return Answer(1, phase, accepted=False, code=code, enhanced=enhanced, error=error, retry_after=retry_after)


def silence(phase, code=None, error=None):
    return Answer(1, phase, accepted=None, code=code, error=error)


def http(*codes):
    return [no(Phase.REQUEST, code) for code in codes]


TABLE = {
    # before the hand-over could count
    "smtp: never connected, no TLS, no greeting": ([no(at, error=lost) for at in OPENING for lost in LOST], REST),
    "smtp: 421 before the body": ([no(at, 421, "4.3.2") for at in OPENING + ENVELOPE], REST),
    "smtp: 4xx while opening": ([no(at, code) for at in OPENING for code in (432, 450, 451, 454)], REST),
    "smtp: 5xx while opening": ([no(at, code) for at in OPENING for code in (502, 530, 535, 554)], REST),
    "smtp: 4xx in the envelope": ([no(at, code) for at in ENVELOPE for code in (432, 450, 451, 452)], RETRY),
    "smtp: hung up, hanging, reset in the envelope": ([no(at, error=e) for at in ENVELOPE for e in LOST], RETRY),
    "smtp: hung up, hanging, reset in the body": ([no(Phase.BODY, error=lost) for lost in LOST], RETRY),
    # refused for the recipient's sake
    "smtp: this recipient does not exist": (
        [no(Phase.RCPT, 550, status) for status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")],
        SUPPRESSED,
    ),
    "http: 4xx that names the recipient": ([no(Phase.REQUEST, code, "5.1.1") for code in (400, 406, 422)], SUPPRESSED),
    # refused for our sake
    "smtp: 5xx by policy at RCPT": (
        [no(Phase.RCPT, *said) for said in ((550, "5.7.1"), (550, "5.3.0"), (552, "5.2.2"), (554, None), (550, None))],
        FAILED,
    ),
    "smtp: the sender is refused": (
        [*(no(Phase.RCPT, 550, f"5.1.{n}") for n in (0, 7, 8)), no(Phase.MAIL, 550, "5.1.7")],
        FAILED,
    ),
    "smtp: 5xx at MAIL and DATA": ([no(at, code) for at in (Phase.MAIL, Phase.DATA) for code in (550, 554)], FAILED),
    "smtp: 5xx while the body leaves": ([no(Phase.BODY, 552, "5.3.4")], FAILED),
    "smtp: 5xx after the dot": ([no(Phase.DOT, code) for code in (550, 552, 554)], FAILED),
    "http: refused": (http(400, 401, 402, 403, 404, 413, 422), FAILED),
    # definite, and later
    "smtp: 4xx after the dot": ([no(Phase.DOT, code) for code in (421, 450, 451, 452)], RETRY),
    "http: 408, 425, and 503 of the provider itself": (http(408, 425, 503), RETRY),
    "http: 429": (http(429), REST),
    "http: no name, no connection, no handshake": (
        [no(Phase.CONNECT, error=e) for e in ("NewConnectionError", "ConnectTimeoutError", "SSLCertVerificationError")],
        REST,
    ),
    # nobody knows
    "smtp: no reply after the dot": ([silence(Phase.DOT, error=lost) for lost in LOST], UNCERTAIN),
    "smtp: a reply to the dot that is none": ([silence(Phase.DOT, 354), silence(Phase.BODY, 250)], UNCERTAIN),
    "http: no answer": ([silence(Phase.REQUEST, error=e) for e in ("ReadTimeout", "RemoteDisconnected")], UNCERTAIN),
    "http: 500, 502, 504": ([silence(Phase.REQUEST, code) for code in (500, 502, 504)], UNCERTAIN),
    "http: 2xx that cannot be read": ([silence(Phase.REQUEST, 200, "BadResponse")], UNCERTAIN),
    # taken
    "smtp: 250 after the dot": ([Answer(1, Phase.DOT, accepted=True, code=250)], SUBMITTED),
    "http: 2xx with an id": ([Answer(1, Phase.REQUEST, accepted=True, text="id-1")], SUBMITTED),
}


def noted(answer, *, attempt=0, expires_at=None):
    record = Record()
    verdict = record.note(answer, Subject(1, 5, attempt, b"hash", expires_at), at=NOW)
    return record, verdict


def becomes(answer):
    record, verdict = noted(answer)
    if verdict is Verdict.REFUSED_RECIPIENT:  # written with the suppression, in a transaction of its own
        return SUPPRESSED if record == Record() else "both"
    if record.uncertain:
        return UNCERTAIN
    if record.laters:
        ((_, _, attempt, _),) = record.laters
        return REST if attempt == 0 and record.relay_is_down else RETRY
    ((_, _, state, _, _, _),) = record.outcomes
    return {State.SUBMITTED: SUBMITTED, State.FAILED: FAILED}[state]


@pytest.mark.parametrize("row", TABLE)
def test_what_becomes_of_a_delivery(row):
    answers, ending = TABLE[row]

    assert {becomes(answer) for answer in answers} == {ending}


def test_a_retry_waits_longer_each_time_and_then_it_is_over():
    later = no(Phase.DOT, 451)
    waits = [noted(later, attempt=attempt)[0].laters[0] for attempt in range(len(BACK_OFF))]

    assert [(due - NOW).total_seconds() / 60 for _, due, _, _ in waits] == [1, 5, 15, 60, 240, 480, 720]
    assert [attempt for _, _, attempt, _ in waits] == [1, 2, 3, 4, 5, 6, 7]
    ((_, _, state, _, reason, _),) = noted(later, attempt=7)[0].outcomes
    assert (state, reason) == (State.EXPIRED, "Gave up: dot: 451")


def test_a_retry_after_its_usefulness_is_over():
    soon, late = NOW + timedelta(seconds=60), NOW + timedelta(seconds=61)

    ((_, _, state, _, _, _),) = noted(no(Phase.RCPT, 450), expires_at=soon)[0].outcomes
    assert state == State.EXPIRED
    assert len(noted(no(Phase.RCPT, 450), expires_at=late)[0].laters) == 1


@pytest.mark.parametrize(("asked", "waits"), [(None, 60), (7, 60), (3600, 3600)])
def test_a_retry_waits_at_least_as_long_as_it_was_asked_to(asked, waits):
    ((_, due, _, _),) = noted(no(Phase.REQUEST, 503, retry_after=asked))[0].laters

    assert (due - NOW).total_seconds() == waits


@pytest.mark.parametrize(("asked", "waits"), [(None, RELAY_REST.total_seconds()), (7, 7), (3600, 3600)])
def test_a_relay_that_wants_peace_spends_no_attempt_however_often(asked, waits):
    ((_, due, attempt, _),) = noted(no(Phase.REQUEST, 429, retry_after=asked), attempt=7)[0].laters

    assert ((due - NOW).total_seconds(), attempt) == (waits, 7)


def test_each_phase_has_its_own_patience():
    options = SmtpOptions("relay.example")

    assert (options.connect_timeout, options.timeout, options.dot_timeout) == (10, 60, 600)


@pytest.mark.parametrize(
    ("at", "phase", "accepted"),
    [
        ("banner", Phase.GREETING, False),
        ("mail", Phase.MAIL, False),
        ("rcpt", Phase.RCPT, False),
        ("data", Phase.DATA, False),
        ("dot", Phase.DOT, None),
    ],
)
def test_only_the_dot_is_waited_for_as_long_as_the_dot(at, phase, accepted):
    """The relay hangs; what runs out is the patience of that very phase, and the other one is far too long."""
    patience = {"timeout": 60.0, "dot_timeout": 0.6} if at == "dot" else {"timeout": 0.6, "dot_timeout": 60.0}
    with SmtpSink({"faults": [{"at": at, "do": "hang"}]}) as sink:
        answer = send(sink, [mail(1)], **patience)[1]

    assert (answer.phase, answer.accepted, answer.error) == (phase, accepted, "TimeoutError")


REPLIES = {
    "banner": b"220 hello\r\n",
    "ehlo": b"250 hello\r\n",
    "mail": b"250 fine\r\n",
    "rcpt": b"250 fine\r\n",
    "data": b"354 go ahead\r\n",
}


def resetting(server, at):
    """Speak SMTP with everybody who connects, and reset the connection instead of this reply."""
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            for step, reply in REPLIES.items():
                if step == at:
                    break
                client.sendall(reply)
                if step != "data":
                    client.recv(1000)
            else:
                _read_until_dot(client)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _read_until_dot(client):
    heard = b""
    while not heard.endswith(b"\r\n.\r\n"):
        heard += client.recv(1000)


@pytest.mark.parametrize(
    ("at", "phases", "accepted", "verdict"),
    [
        ("banner", {Phase.CONNECT, Phase.GREETING}, False, Verdict.RELAY_DOWN),  # as soon as it is noticed
        ("ehlo", {Phase.GREETING}, False, Verdict.RELAY_DOWN),
        ("mail", {Phase.MAIL}, False, Verdict.RETRY),
        ("rcpt", {Phase.RCPT}, False, Verdict.RETRY),
        ("data", {Phase.DATA}, False, Verdict.RETRY),
        ("dot", {Phase.DOT}, None, Verdict.UNCERTAIN),
    ],
)
def test_a_reset_means_what_hanging_up_means(at, phases, accepted, verdict):
    with socket.create_server(("127.0.0.1", 0)) as server:
        relay = threading.Thread(target=resetting, args=[server, at])
        relay.start()
        answer = send(type("Relay", (), {"port": server.getsockname()[1]}), [mail(1)], timeout=5.0, dot_timeout=5.0)[1]
        server.shutdown(socket.SHUT_RDWR)
    relay.join(60)

    assert answer.phase in phases
    assert (answer.accepted, answer.error) == (accepted, "ConnectionResetError")
    assert classify(answer) is verdict


def test_a_connection_that_is_never_taken_up_is_given_up_in_its_own_time():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = []
        port = server.getsockname()[1]
        for _ in range(4):  # nobody accepts, and the queue is full
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            waiting.append(one)
        sink = type("Full", (), {"port": port})
        answer = send(sink, [mail(1)], connect_timeout=0.2, timeout=60.0, dot_timeout=60.0)[1]
        for one in waiting:
            one.close()

    assert (answer.phase, answer.accepted, answer.error) == (Phase.CONNECT, False, "TimeoutError")
