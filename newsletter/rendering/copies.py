"""One recipient's copy of a letter as plain words: for providers that are told what a mail says, not its bytes.

A *specimen* is the finished mail with a mark in every slot. Whatever is made of the specimen, a provider's
request, can be cut at the marks and filled with the words of each recipient: the copy then says what the finished
mail says, since both were made by the same hands.
"""

import binascii
from collections.abc import Sequence
from typing import NamedTuple

from newsletter.rendering import slots
from newsletter.rendering.letter import Letter, Recipient
from newsletter.rendering.slots import Slot, Values

NO_MATTER_WHEN = b"Sat, 01 Jan 2000 00:00:00 +0000"  # providers stamp the date themselves


class Copy(NamedTuple):
    """What one finished mail was made of."""

    letter: Letter
    recipient: Recipient


def places(letter: Letter) -> list[Slot]:
    """The slots that differ between recipients, in the order of `words`."""
    return [slot for slot, _ in letter.places if slot.place != "date"]


def specimen(letter: Letter, marks: Sequence[str]) -> bytes:
    """The letter with these marks instead of words, one for each of its places; the mark for `to` is an address."""
    pieces = letter.pieces.copy()
    given = iter(marks)
    for slot, numbers in letter.places:
        mark = NO_MATTER_WHEN if slot.place == "date" else next(given).encode("ascii")
        for number in numbers:
            pieces[number] = b"Subject: " + mark + b"\r\n" if slot.place == "subject" else mark
    return b"".join(pieces)


def words(copy: Copy) -> list[str]:
    """What stands in each place for this recipient, as it reads once the mail is decoded; raises Unfillable."""
    recipient = copy.recipient
    values = Values(
        recipient.token,
        recipient.page,
        recipient.message_id,
        recipient.address,
        recipient.sent_at,
        slots.said(recipient.first_name, recipient.slots),
    )
    return [_word(slot, values) for slot, _ in copy.letter.places if slot.place != "date"]


def _word(slot: Slot, values: Values) -> str:
    if slot.place == "subject":
        return slots.words(slot.name, values.words)
    encoded = slots.encode(slot, values)
    if slot.place in {"html", "text"} and b"=" in encoded:
        return binascii.a2b_qp(encoded).decode()
    return encoded.decode("ascii")
