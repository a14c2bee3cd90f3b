"""How the tests of this folder hand mails to a real server, and hold what it has against what was handed over."""

import time
from collections import Counter
from collections.abc import Iterable

from newsletter.deliveries.transport.answers import Answer, FinishedMail
from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions
from tests.interop.letters import as_stored
from tests.interop.relay import DOORS, PASSWORD, USERNAME, Relay
from tests.newsletter.deliveries.transport.world import ListJournal


def options(relay: Relay, door: str, **further: object) -> SmtpOptions:
    wishes = DOORS[door]
    wanted: dict = {
        "host": "127.0.0.1",
        "port": relay.ports[door],
        "connections": 4,
        "local_hostname": "clinic.example",
    }
    if "tls" in wishes:
        wanted |= {"ca_file": str(relay.authority.file), "use_ssl": bool(wishes.get("implicit"))}
        wanted["use_tls"] = not wanted["use_ssl"]
    if wishes.get("auth"):
        wanted |= {"username": USERNAME, "password": PASSWORD}
    return SmtpOptions(**{**wanted, **further})


def hand_over(
    relay: Relay, door: str, mails: Iterable[FinishedMail], **further: object
) -> tuple[dict[int, Answer], float]:
    """Send on fresh connections; return the answers by key, and the seconds from first to last."""
    client = SmtpClient(options(relay, door, **further))
    try:
        began = time.perf_counter()
        answers = list(client.send(mails, journal=ListJournal()))
        seconds = time.perf_counter() - began
    finally:
        client.close()
    assert Counter(answer.key for answer in answers).most_common(1)[0][1] == 1, "a mail was answered twice"
    return {answer.key: answer for answer in answers}, seconds


def no(answers: dict[int, Answer]) -> set[tuple[str, bool | None, int | None, str]]:
    """What was said other than yes."""
    return {(a.phase, a.accepted, a.code, a.text or a.error or "") for a in answers.values() if not a.accepted}


def compare(relay: Relay, mails: Iterable[FinishedMail], answers: dict[int, Answer]) -> None:
    """Each accepted mail lies in a mailbox once, byte for byte, under its own envelope; and nothing else does."""
    accepted = [mail for mail in mails if answers[mail.key].accepted]
    taken = relay.mails(len(accepted))
    assert sorted(one.recipient for one in taken) == sorted(mail.recipient for mail in accepted)
    found = {one.recipient: one for one in taken}
    for mail in accepted:
        one = found[mail.recipient]
        assert one.sender == mail.sender
        assert one.content == as_stored(mail.content)
        assert one.queue_id, "the server's own name for the mail was not found"
        assert one.queue_id in answers[mail.key].text
