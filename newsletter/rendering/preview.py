"""What a copy looks like, taken from finished bytes: the studio shows what would leave and nothing else."""

from datetime import datetime
from email import message_from_bytes, policy
from typing import NamedTuple

from newsletter.rendering import letter, slots
from newsletter.rendering.letter import Recipient, Revision

NOBODY = "sample-sample-sample-0"


class Preview(NamedTuple):
    """A copy as a reader has it: its subject, both parts, and the whole source."""

    html: str
    text: str
    source: str
    subject: str


def preview(revision: Revision, recipient: Recipient) -> Preview:
    """Fill a revision, ready to leave or not, and read the result back."""
    return read(letter.assemble(revision).fill(recipient))


def read(content: bytes) -> Preview:
    """The parts of a finished mail."""
    message = message_from_bytes(content, policy=policy.default)
    parts = {part.get_content_type(): part for part in message.walk()}
    html, text = (str(parts[kind].get_content()).replace("\r\n", "\n") for kind in ("text/html", "text/plain"))
    return Preview(html, text, content.decode("ascii"), str(message["Subject"]))


def sample(base_url: str, *, sent_at: datetime, first_name: str = "Alex") -> Recipient:
    """Somebody to show a mail to. Its links lead nowhere: the token is nobody's."""
    words = {
        "when": "Tuesday, 3 March at 9:30 a.m. (Toronto time, EST)",
        "phone_hint": "We call the number ending in 34.",
        "free_times": "Tuesday, 3 March at 9:30 a.m.\nWednesday, 4 March at 11 a.m.\n(Toronto time)",
    }
    addresses = dict.fromkeys(slots.ADDRESS_SLOTS, f"{base_url}/sample")
    return Recipient(0, NOBODY, NOBODY, NOBODY, "alex@example.org", sent_at, first_name, slots=words | addresses)
