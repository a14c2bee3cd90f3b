"""What would leave on the transactional lane now, by the real gate, fillers and letters; only the wire is missing."""

import re

from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate, letters
from newsletter.deliveries.models import Lane
from newsletter.deliveries.record import Record
from newsletter.rendering import preview


def leaving() -> list[tuple[str, preview.Preview]]:
    """Address and mail of everything that is due, handed over for good."""
    found = []
    while lease := claim.next_lease(Lane.TRANSACTIONAL, owner="test", window=50):
        while admitted := gate.admit(lease, Record(), window=50):
            found += [letters.finished(row, admitted) for row in admitted.rows]
    return [(mail.recipient, preview.read(mail.content)) for mail in found]


def path_in(mail: preview.Preview, beginning: str) -> str:
    """The path of the first link that begins so."""
    found = re.search(rf"https?://[^/\s]+({beginning}\S*)", mail.text)
    assert found is not None, mail.text
    return found[1]
