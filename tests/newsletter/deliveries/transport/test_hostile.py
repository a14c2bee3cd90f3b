"""Relays that speak anything but SMTP: whatever they say, every mail gets one answer, and soon."""

import socket
import threading
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions
from tests.newsletter.deliveries.transport.world import ListJournal, mail, mails

SAYINGS = st.sampled_from(
    [
        b"220 hello\r\n",
        b"250 ok\r\n",
        b"250-relay\r\n250 PIPELINING\r\n",
        b"250-relay\r\n250-SIZE 10\r\n250 PIPELINING\r\n",
        b"354 go\r\n",
        b"250 ok\r\n250 ok\r\n354 go\r\n",
        b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
        b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n",
        b"550 no\r\n250 ok\r\n354 go\r\n",
        b"421 closing\r\n",
        b"354 go\r\n421 closing\r\n",
        b"354 go\r\n250 ok\r\n",
        b"451 later\r\n",
        b"550 5.1.1 no\r\n",
        b"221 bye\r\n",
        b"334 \r\n",
        b"25",
        b"0 ok\r\n",
        b"\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"999 what\r\n",
        b"\x16\x03\x01\x00",
    ]
)
SCRIPTS = st.lists(st.lists(SAYINGS, max_size=10), min_size=1, max_size=3)


class Babbler:
    """Says one thing at once and one more for everything it hears; hangs up when it has nothing more to say."""

    def __init__(self, scripts):
        self.scripts = scripts
        self.heard = []  # what each connection said
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(60)

    def _serve(self):
        number = 0
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._babble(connection, self.scripts[number % len(self.scripts)])
            number += 1

    def _babble(self, connection, script):
        connection.settimeout(0.05)
        heard = bytearray()
        try:
            for saying in script:
                connection.sendall(saying)
                heard += connection.recv(100_000)
        except OSError:
            pass
        self.heard.append(bytes(heard))


def arrived_whole(relay, key):
    return any(f"Hello {key}\r\n.\r\n".encode() in heard for heard in relay.heard)


def test_a_body_that_was_given_up_does_not_leave_after_all():
    """The relay grants DATA and says goodbye in one breath."""
    script = [b"220 hello\r\n", b"250 relay\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n421 closing\r\n"]
    with Babbler([script]) as relay:
        client = SmtpClient(SmtpOptions("127.0.0.1", relay.port, timeout=30.0))
        (answer,) = client.send(mails(1), journal=ListJournal())
        client.close()

    assert (answer.phase, answer.accepted, answer.code) == (Phase.BODY, False, 421)
    assert not arrived_whole(relay, 1)


def test_the_rest_of_a_refused_body_does_not_leave():
    """The relay refuses in the middle of a body and reads on, so that there is room to write."""
    script = [b"220 hello\r\n", b"250 relay\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"552 5.3.4 no\r\n"]
    huge = b"x" * 20_000_000 + b"Hello 1\r\n"
    with Babbler([script + [b""] * 300]) as relay:
        client = SmtpClient(SmtpOptions("127.0.0.1", relay.port, timeout=30.0))
        (answer,) = client.send([mail(1, content=huge)], journal=ListJournal())
        client.close()

    assert (answer.phase, answer.accepted, answer.code) == (Phase.BODY, False, 552)
    assert not arrived_whole(relay, 1)


@given(SCRIPTS, st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_relay_says_every_mail_gets_one_answer(scripts, pipelining):
    journal = ListJournal()
    with Babbler(scripts) as relay:
        times: dict[str, Any] = {"connect_timeout": 1.0, "timeout": 0.03, "dot_timeout": 0.03, "closing_timeout": 0.03}
        client = SmtpClient(SmtpOptions("127.0.0.1", relay.port, connections=2, pipelining=pipelining, **times))
        answers = list(client.send(mails(6), journal=journal))
        client.close()

    assert sorted(answer.key for answer in answers) == [1, 2, 3, 4, 5, 6]
    assert len(journal.begun) == len(set(journal.begun))
    assert {answer.key for answer in answers if answer.accepted or answer.accepted is None} <= set(journal.begun)
    unsent = {answer.key for answer in answers if answer.accepted is False and answer.phase is not Phase.DOT}
    assert [key for key in unsent if arrived_whole(relay, key)] == []
    assert {answer.key for answer in answers if answer.accepted} == {
        key for key, code in journal.answers.items() if code < 300
    }
