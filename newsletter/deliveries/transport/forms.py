"""How mails become the body of one request to a provider: what anymail makes of one, for many.

A form is made once for each letter. Anymail's payload is built of the letter's specimen, so that every field is
where anymail puts it, and cut at the marks; then each mail costs the filling of the gaps. A mail whose parts are
not known, or are out of the ordinary, is built by anymail itself. Nothing here opens a connection.
"""

import copy
import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from anymail.backends.base_requests import AnymailRequestsBackend, RequestsPayload

from newsletter.deliveries.transport import message
from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.deliveries.transport.stamp import Stamp, cut, quoted
from newsletter.rendering import copies
from newsletter.rendering.copies import Copy
from newsletter.rendering.letter import Letter
from newsletter.rendering.slots import Slot

ORDINARY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*@[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]{2,}")
"""Addresses that no encoder changes on the way into a request."""

MERGE_SYNTAX = "%recipient"
KEY_PLACE = "idempotencyKey"
NO_KEY = "6d657269-6469-616e-0000-000000000000"
"""Stands where Brevo reads the request's key, which is made of everything else."""


class Alone(Exception):
    """The mail cannot share a request with others."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to leave. `key` tells the same request from others; empty where nobody asks."""

    payload: RequestsPayload
    key: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in a specimen: numbers and words that the letter itself does not have."""

    key: str
    address: str
    words: list[str]

    @property
    def all(self) -> list[str]:
        return [self.key, *self.words]


def marks_for(places: list[Slot], letter: Letter) -> Marks:
    digest = hashlib.sha256(b"\x00".join(letter.pieces)).hexdigest()
    nonce = f"zq{digest[:12]}"
    address = f"{nonce}@{nonce}.example"
    words = [address if slot.place == "to" else f"{nonce}n{number}qz" for number, slot in enumerate(places)]
    return Marks(str(int(digest[:15], 16) + 10**18), address, words)


def ordinary(mail: FinishedMail) -> Copy | None:
    """What the mail was made of, if it can be filled in without anymail's looking at it."""
    made_of = mail.made_of
    if made_of is None or made_of.recipient.attachment or made_of.recipient.headers:
        return None
    if mail.recipient != made_of.recipient.address or ORDINARY.fullmatch(mail.recipient) is None:
        return None
    return made_of


class WholeForm:
    """Whole messages in JSON: a list of them where the provider has an address for that, else one."""

    def __init__(self, mailer: AnymailRequestsBackend, *, endpoint: str = "", has_keys: bool = False) -> None:
        self._mailer = mailer
        self._endpoint = endpoint
        self._has_keys = has_keys
        self._stamps: dict[int, tuple[Letter, Stamp]] = {}
        self._pattern: RequestsPayload | None = None

    def item(self, mail: FinishedMail) -> str:
        """The mail as JSON; raises Alone."""
        made_of = ordinary(mail)
        if made_of is None:
            return self._built(mail)
        words = [quoted(word) for word in copies.words(made_of)]
        return self._stamp(made_of.letter).fill([str(mail.key), *words])

    def may_join(self, mail: FinishedMail, mails: Sequence[FinishedMail]) -> bool:
        return True

    def request(self, mails: Sequence[FinishedMail], items: Sequence[str]) -> Request:
        assert self._pattern is not None  # noqa: S101 - whoever has an item has made one
        body = f"[{','.join(items)}]" if self._endpoint else items[0]
        payload = copy.copy(self._pattern)
        payload.headers = dict(payload.headers)
        key = ""
        if self._has_keys:
            key = _key(body)
            payload.headers["Idempotency-Key"] = key
            body = body.replace(NO_KEY, key)
        _set(payload, body.encode("ascii"), self._endpoint or payload.get_api_endpoint())
        return Request(payload, key)

    def _stamp(self, letter: Letter) -> Stamp:
        known = self._stamps.get(id(letter))
        if known is None:
            marks = marks_for(copies.places(letter), letter)
            specimen = FinishedMail(int(marks.key), letter.sender, marks.address, copies.specimen(letter, marks.words))
            known = (letter, cut(self._built(specimen), marks.all))
            _remember(self._stamps, id(letter), known)
        return known[1]

    def _built(self, mail: FinishedMail) -> str:
        read = message.read(mail)
        if read.attachments:
            raise Alone
        if self._has_keys and not self._endpoint:
            read.extra_headers[KEY_PLACE] = NO_KEY
        self._pattern = self._mailer.build_message_payload(read, self._mailer.send_defaults)
        return str(self._pattern.serialize_data())


class MergeForm:
    """Mailgun's merge batch: one message, with %recipient.…% where recipients differ, and their words beside it."""

    def __init__(self, mailer: AnymailRequestsBackend) -> None:
        self._mailer = mailer
        self._molds: dict[int, _Mold] = {}
        self._mold: _Mold | None = None

    def item(self, mail: FinishedMail) -> str:
        """The recipient's words as JSON; raises Alone."""
        made_of = ordinary(mail)
        if made_of is None:
            raise Alone
        words = copies.words(made_of)
        if any(MERGE_SYNTAX in word for word in words):
            raise Alone
        self._mold = self._molds.get(id(made_of.letter)) or self._molded(made_of.letter)
        if not self._mold.is_fit:
            raise Alone
        return self._mold.stamp.fill([str(mail.key), mail.recipient, *map(quoted, words)])

    def may_join(self, mail: FinishedMail, mails: Sequence[FinishedMail]) -> bool:
        """One letter, and each address once: the words are kept by address."""
        first = mails[0].made_of
        is_same = first is not None and mail.made_of is not None and mail.made_of.letter is first.letter
        return is_same and all(mail.recipient.lower() != other.recipient.lower() for other in mails)

    def request(self, mails: Sequence[FinishedMail], items: Sequence[str]) -> Request:
        made_of = mails[0].made_of
        assert made_of is not None  # noqa: S101 - item() has just seen to it
        mold = self._molds.get(id(made_of.letter)) or self._molded(made_of.letter)
        recipients = "".join(f"&to={quote_plus(mail.recipient)}" for mail in mails)
        variables = quote_plus("{" + ",".join(items) + "}")
        payload = copy.copy(mold.payload)
        payload.headers = {**payload.headers, "Content-Type": "application/x-www-form-urlencoded"}
        body = f"{mold.static}{recipients}&recipient-variables={variables}"
        _set(payload, body.encode("ascii"), payload.get_api_endpoint())
        return Request(payload)

    def _molded(self, letter: Letter) -> "_Mold":
        mold = _Mold.made(self._mailer, letter)
        _remember(self._molds, id(letter), mold)
        return mold


@dataclass(frozen=True, slots=True)
class _Mold:
    """A letter as a merge batch: what all recipients share, and the words of one with gaps."""

    letter: Letter
    payload: RequestsPayload
    static: str
    stamp: Stamp
    is_fit: bool

    @classmethod
    def made(cls, mailer: AnymailRequestsBackend, letter: Letter) -> "_Mold":
        places = copies.places(letter)
        marks = marks_for(places, letter)
        tags = [f"s{number}" for number in range(len(places))]
        in_text = [
            mark if slot.place == "to" else f"{MERGE_SYNTAX}.{tag}%"
            for slot, mark, tag in zip(places, marks.words, tags, strict=True)
        ]
        read = message.read(
            FinishedMail(int(marks.key), letter.sender, marks.address, copies.specimen(letter, in_text))
        )
        differing = {tag: mark for tag, mark in zip(tags, marks.words, strict=True) if mark != marks.address}
        read.metadata = {}
        read.merge_data = {marks.address: differing}
        read.merge_metadata = {marks.address: {"delivery": marks.key}}
        payload = mailer.build_message_payload(read, mailer.send_defaults)
        data: dict[str, Any] = dict(payload.serialize_data())
        variables = json.loads(data.pop("recipient-variables"))[marks.address]
        data.pop("to")
        item = f'"{marks.address}": {json.dumps(variables)}'
        words = [f"w{mark}" if mark == marks.address else mark for mark in marks.words]
        stamp = cut(item, [marks.key, marks.address, *words])
        return cls(letter, payload, urlencode(data, doseq=True), stamp, _is_fit(letter, marks))


Form = WholeForm | MergeForm


def _is_fit(letter: Letter, marks: Marks) -> bool:
    """Whether the letter itself says nothing that the provider would take for a gap."""
    content = copies.specimen(letter, marks.words)
    read = message.read(FinishedMail(int(marks.key), letter.sender, marks.address, content))
    said = [read.subject, read.body, *(str(body) for body, _ in read.alternatives), *read.extra_headers.values()]
    return not any(MERGE_SYNTAX in words for words in said)


def _remember(cache: dict[int, Any], key: int, value: Any, most: int = 64) -> None:
    """Keep it; the letter is in it, so that its id stays its own."""
    if len(cache) >= most:
        cache.clear()
    cache[key] = value


def _key(body: str) -> str:
    """A UUID made of everything that the request says: which deliveries, which words, in which revision."""
    return str(uuid.UUID(bytes=hashlib.blake2b(body.encode("ascii"), digest_size=16).digest(), version=5))


def _set(payload: RequestsPayload, body: bytes, endpoint: str) -> None:
    payload.serialize_data = lambda: body
    payload.get_api_endpoint = lambda: endpoint
