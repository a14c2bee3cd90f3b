"""A letter: a frozen revision made ready once, and filled for each recipient by joining bytes.

    letter = prepare(revision)
    content = letter.fill(recipient)

Pure: no database, no request, no clock. The same revision and recipient always give the same bytes, so a
repeated attempt is the same message, by its Message-ID too. Preview, test mail and real mail come from here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from newsletter.content.marks import Mark, split
from newsletter.rendering import headers, links, lint, parts, slots
from newsletter.rendering.attachments import Attachment
from newsletter.rendering.slots import Edge, Piece, Slot, Values

PROBE_AT = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
NONE: Mapping[str, str] = MappingProxyType({})
UNSUBSCRIBE = links.prefix("unsubscribe")
MOST_KNOWN = 64
"""So many combinations of blocks are kept ready; those of a mail with few conditions are fewer."""


class Revision(Protocol):
    """What a letter is made of; a CompiledEmail is one."""

    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def sender(self) -> dict[str, Any]: ...
    @property
    def conditions(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Frozen:
    """A revision that is not a database row."""

    subject: str
    preheader: str
    html: str
    text: str
    sender: dict[str, Any]
    conditions: list[dict[str, Any]] = field(default_factory=list)


class Recipient(NamedTuple):
    """Who gets one copy, and what only this copy says.

    `token` is in its links, `page` in the link to the page where it can be read, `message_id` before the @ of its
    Message-ID; `headers` are further ones. `holds` are the numbers of the conditions that hold for them; a specimen for
    nobody has None, and shows every block.
    """

    delivery_id: int
    token: str
    page: str
    message_id: str
    address: str
    sent_at: datetime
    first_name: str = ""
    headers: Mapping[str, str] = NONE
    slots: Mapping[str, str] = NONE
    attachment: Attachment | None = None
    holds: frozenset[int] | None = None


class NotMailable(ValueError):
    """No copy of this revision may leave; says why."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Block(NamedTuple):
    """The pieces, from `first` up to `end`, of a block that is only for those for whom its condition holds."""

    condition: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message but for its slots: `head`, then the place of further headers, then `body`.

    `names` are those of its slots that are filled with words; `conditions` those of its `blocks`, by number.
    """

    sender: str
    pieces: list[bytes]
    places: list[tuple[Slot, list[int]]]
    body_at: int
    boundary: str
    names: frozenset[str]
    blocks: tuple[Block, ...] = ()
    conditions: tuple[Mapping[str, Any], ...] = ()
    known: dict[frozenset[int], "Letter"] = field(default_factory=dict, compare=False, repr=False)

    def shown_to(self, holds: frozenset[int] | None) -> "Letter":
        """The letter of those for whom just these conditions hold: the same one for all of them.

        It has no blocks of its own left, so nothing that is made of it can show what is not for its reader.
        """
        if not self.blocks:
            return self
        mine = frozenset(block.condition for block in self.blocks if holds is None or block.condition in holds)
        if mine not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known[mine] = _without(self, mine)
        return self.known[mine]

    def fill(self, recipient: Recipient) -> bytes:
        """The finished message, RFC 5322 with CRLF; raises Unfillable when this copy cannot be made."""
        if self.blocks:
            return self.shown_to(recipient.holds).fill(recipient)
        values = Values(
            recipient.token,
            recipient.page,
            recipient.message_id,
            recipient.address,
            recipient.sent_at,
            slots.said(recipient.first_name, recipient.slots),
        )
        pieces = self.pieces.copy()
        for slot, places in self.places:
            encoded = slots.encode(slot, values)
            for place in places:
                pieces[place] = encoded
        if recipient.headers:
            further = [headers.literal(name, value) for name, value in recipient.headers.items()]
            pieces[self.body_at - 1] = b"".join(further)
        if recipient.attachment:
            pieces.insert(self.body_at, parts.mixed_opening(self.boundary))
            pieces.append(parts.attached(recipient.attachment, self.boundary))
        return b"".join(pieces)


def prepare(revision: Revision) -> Letter:
    """Make a revision ready; raises NotMailable when a copy of it would not pass the linter."""
    try:
        letter = assemble(revision)
        probes = [letter.fill(_probe(revision)._replace(holds=holds)) for holds in _extremes(letter)]
    except headers.Unfillable as error:
        raise NotMailable([str(error)]) from error
    address = revision.sender.get("postal_address", "")
    problems = [problem for probe in probes for problem in lint.problems(probe, postal_address=address)]
    if problems:
        raise NotMailable(problems)
    return letter


def assemble(revision: Revision) -> Letter:
    """Make a revision ready without judging it, as a preview needs it; raises Unfillable where edges do not fit."""
    base_url = revision.sender["base_url"]
    head = _head(revision)
    digest = hashlib.sha256((revision.html + revision.text).encode()).hexdigest()[:20]
    body = [
        parts.opening("alternative", f"=_a{digest}"),
        parts.part_opening("text/plain", f"=_a{digest}"),
        *slots.body_pieces(revision.text, place="text", base_url=base_url),
        parts.part_opening("text/html", f"=_a{digest}"),
        *slots.body_pieces(revision.html, place="html", base_url=base_url),
        b"\r\n--=_a" + digest.encode() + b"--\r\n",
    ]
    letter = _letter(revision.sender["address"], head, body, f"=_m{digest}")
    conditions = tuple(revision.conditions)
    if any(block.condition >= len(conditions) for block in letter.blocks):
        raise headers.Unfillable("A block is for readers of whom nobody says who they are.")
    return replace(letter, conditions=conditions)


def _letter(sender: str, head: list[Piece], body: list[Piece], boundary: str) -> Letter:
    """Join neighbouring literals; the piece before the body stays free for further headers."""
    pieces: list[Piece] = [*_joined(head), b""]
    body_at = len(pieces)
    pieces += _joined(body)
    places: dict[Slot, list[int]] = {}
    for number, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            places.setdefault(piece, []).append(number)
    literals = [piece if isinstance(piece, bytes) else b"" for piece in pieces]
    names = frozenset(name for slot in places for name in _names(slot))
    return Letter(sender, literals, list(places.items()), body_at, boundary, names, _blocks(pieces))


def _blocks(pieces: list[Piece]) -> tuple[Block, ...]:
    """Between each opening edge and the next, which closes it."""
    edges = [(place, piece) for place, piece in enumerate(pieces) if isinstance(piece, Edge)]
    return tuple(
        Block(edge.condition, first, end)
        for (first, edge), (end, _closing) in zip(edges[::2], edges[1::2], strict=True)
    )


def _without(letter: Letter, holds: frozenset[int]) -> Letter:
    """The letter with those blocks only whose condition holds, and nothing that says where they begin or end."""
    hidden = {
        place for block in letter.blocks if block.condition not in holds for place in range(block.first, block.end)
    }
    shown = [(slot, [place for place in numbers if place not in hidden]) for slot, numbers in letter.places]
    return replace(
        letter,
        pieces=[b"" if place in hidden else piece for place, piece in enumerate(letter.pieces)],
        places=[(slot, numbers) for slot, numbers in shown if numbers],
        blocks=(),
        known={},
    )


def _extremes(letter: Letter) -> list[frozenset[int] | None]:
    """With every block, and with none of those that only some readers see."""
    return [None, frozenset()] if letter.blocks else [None]


def _names(slot: Slot) -> list[str]:
    if slot.place == "subject":
        return [part.name for part in split(slot.name) if isinstance(part, Mark)]
    return [slot.name] if slot.name else []


def _joined(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _head(revision: Revision) -> list[Piece]:
    sender = revision.sender
    domain = sender["address"].rpartition("@")[2].encode("idna")
    head: list[Piece] = [
        headers.mailbox("From", sender["name"], sender["address"]),
        *([headers.mailbox("Reply-To", "", sender["reply_to"])] if sender.get("reply_to") else []),
        *(b"To: ", Slot("to"), b"\r\n"),
        _subject(revision.subject),
        *(b"Date: ", Slot("date"), b"\r\n"),
        *(b"Message-ID: <", Slot("message_id"), b"@" + domain + b">\r\n"),
        *_stream_headers(sender),
        b"MIME-Version: 1.0\r\n",
    ]
    return head


def _subject(subject: str) -> Piece:
    has_slots = any(isinstance(part, Mark) for part in split(subject))
    return Slot("subject", subject) if has_slots else headers.text("Subject", subject)


def _stream_headers(sender: dict[str, Any]) -> list[Piece]:
    """What tells other machines which kind of mail this is, and how to leave it."""
    pieces: list[Piece] = []
    if sender.get("list_id"):
        opening = f"List-Unsubscribe: <{sender['base_url']}{UNSUBSCRIBE}".encode("ascii")
        pieces += [headers.literal("List-Id", f"<{sender['list_id']}>"), opening, slots.TOKEN, b">\r\n"]
        pieces.append(headers.literal("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if sender.get("feedback_id"):
        pieces.append(headers.literal("Feedback-ID", sender["feedback_id"]))
    if sender.get("is_automated"):
        pieces.append(headers.literal("Auto-Submitted", "auto-generated"))
    return [*pieces, headers.literal("X-Auto-Response-Suppress", "OOF, AutoReply")]


def _probe(revision: Revision) -> Recipient:
    """A copy for nobody, to look at before any copy is made."""
    known = dict.fromkeys(("when", "phone_hint", "free_times"), "…") | dict.fromkeys(
        slots.ADDRESS_SLOTS, f"{revision.sender['base_url']}/probe"
    )
    return Recipient(0, "x" * 22, "x" * 22, "x" * 22, "probe@example.org", PROBE_AT, slots=known)
