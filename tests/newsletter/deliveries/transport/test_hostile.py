"""Relays that speak anything but SMTP: whatever they say, every mail gets one answer, and soon."""

import socket
import threading
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions
from tests.newsletter.deliveries.transport.world import ListJournal, mails

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
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)

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
        try:
            for saying in script:
                connection.sendall(saying)
                connection.recv(100_000)
        except OSError:
            return


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
    assert {answer.key for answer in answers if answer.accepted} == {
        key for key, code in journal.answers.items() if code < 300
    }
