"""What the transport's tests share: mails, a journal that is a list, and a client for a sink."""

from collections import Counter
from typing import Any

from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions

SENDER = "clinic@clinic.example"
IMPATIENT: dict[str, Any] = {"connect_timeout": 1.0, "timeout": 0.6, "dot_timeout": 0.6, "closing_timeout": 0.6}


class ListJournal:
    def __init__(self):
        self.lines = []

    def begin(self, key):
        self.lines.append(("B", key))

    def answered(self, key, code):
        self.lines.append(("A", key, code))

    @property
    def begun(self):
        return [line[1] for line in self.lines if line[0] == "B"]

    @property
    def answers(self):
        return {line[1]: line[2] for line in self.lines if line[0] == "A"}


def mail(key, recipient=None, content=None):
    recipient = recipient or f"lead{key}@reader.example"
    content = content or (
        f"Message-ID: <{key}@clinic.example>\r\nX-Delivery: {key}\r\nTo: {recipient}\r\n\r\nHello {key}\r\n".encode()
    )
    return FinishedMail(key, SENDER, recipient, content)


def mails(count):
    return (mail(key) for key in range(1, count + 1))


def client_for(sink, **options):
    return SmtpClient(SmtpOptions(**{"host": "127.0.0.1", "port": sink.port, "connections": 1, **IMPATIENT, **options}))


def send(sink, batch, *, journal=None, **options):
    """Send on fresh connections; return the answers by key."""
    client = client_for(sink, **options)
    try:
        answers = list(client.send(batch, journal=journal or ListJournal()))
    finally:
        client.close()
    assert Counter(answer.key for answer in answers).most_common(1)[0][1] == 1, "a mail was answered twice"
    return {answer.key: answer for answer in answers}


def accepted_keys(sink):
    """The mails that the sink took, by our key, in the order in which it took them."""
    return [int(entry["headers"]["X-Delivery"]) for entry in sink.accepted]
