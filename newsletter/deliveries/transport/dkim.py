"""DKIM (RFC 6376, RFC 8463): sign finished bytes, relaxed/relaxed, with RSA or Ed25519.

What a signature covers is the mail as it is handed over, before leading dots are doubled: dots are the wire's
affair and are gone again where the mail is read. Headers that must not be added on the way are named once more
than they occur ("oversigned"). A mail whose sender has no key leaves as it is.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.deliveries.transport.signing import KeyUnusable

OF_THE_MAIL = ("from", "to", "cc", "subject", "date", "message-id", "reply-to", "mime-version", "content-type")
OVERSIGNED = (*OF_THE_MAIL, "list-unsubscribe", "list-unsubscribe-post")
SIGNED = ("sender", "content-transfer-encoding", "list-id", "feedback-id", "auto-submitted")
"""Signed where they are; a relay or a mailing list may rightly add one where there is none."""

SHORTEST_RSA = 1024
HEADER_ENDS = re.compile(rb"\r\n(?![ \t])")
DOMAIN_OF_FROM = re.compile(rb"@([A-Za-z0-9.-]+)>?[ \t\r\n]*\Z")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
NAMES_A_LINE, BASE64_A_LINE = 4, 72


@dataclass(frozen=True, slots=True)
class Key:
    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, PKCS1v15(), SHA256())
        return self.private.sign(hashlib.sha256(data).digest())


class Signing:
    """The keys of every sending domain. `said` is settings.DKIM; raises KeyUnusable."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._keys = {domain.lower(): _keys(domain.lower(), one) for domain, one in said.items()}

    def each(self, mails: Iterable[FinishedMail]) -> Iterator[FinishedMail]:
        """The same mails, signed as they are asked for."""
        for mail in mails:
            yield mail._replace(content=self.signed(mail.content))

    def signed(self, content: bytes) -> bytes:
        """The content behind one signature for each key of its sender's domain, or of the nearest domain above."""
        head, _, body = content.partition(b"\r\n\r\n")
        headers = _headers(head)
        keys = self._keys_for(headers.get(b"from", []))
        if not keys:
            return content
        digest = base64.b64encode(hashlib.sha256(canonical_body(body)).digest()).decode()
        names, covered = _covered(headers)
        return b"".join(_signature(key, digest, names, covered) for key in keys) + content

    def _keys_for(self, senders: Sequence[bytes]) -> Sequence[Key]:
        found = DOMAIN_OF_FROM.search(senders[-1]) if senders else None
        domain = found[1].decode().lower() if found else ""
        while domain and domain not in self._keys:
            domain = domain.partition(".")[2]
        return self._keys.get(domain, ())


def canonical_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4: runs of blanks are one space, none at a line's end, no empty lines at the end."""
    lines = squeezed(body).replace(b" \r\n", b"\r\n").removesuffix(b" ").rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def squeezed(text: bytes) -> bytes:
    """Every run of tabs and spaces as one space; each turn halves the runs, so no run is too long."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _headers(head: bytes) -> dict[bytes, list[bytes]]:
    """Every header's values, as they stand, by its name in small letters; the topmost first."""
    found: dict[bytes, list[bytes]] = {}
    for line in HEADER_ENDS.split(head):
        name, _, value = line.partition(b":")
        found.setdefault(name.strip().lower(), []).append(value)
    return found


def _covered(headers: Mapping[bytes, list[bytes]]) -> tuple[list[str], bytes]:
    """The names for h=, and the canonical headers that they stand for: of each name the lowest first."""
    names: list[str] = []
    lines: list[bytes] = []
    for name in (*OVERSIGNED, *SIGNED):
        values = headers.get(name.encode(), [])
        names += [name] * len(values)
        lines += [_canonical(name.encode(), value) + b"\r\n" for value in reversed(values)]
        if name in OVERSIGNED:
            names.append(name)
    return names, b"".join(lines)


def _canonical(name: bytes, value: bytes) -> bytes:
    """RFC 6376, 3.4.2: one line, runs of blanks as one space, none around the colon or at the end."""
    return name + b":" + squeezed(value.replace(b"\r\n", b"")).strip(b" ")


def _signature(key: Key, digest: str, names: list[str], covered: bytes) -> bytes:
    """One DKIM-Signature header, with its line end. No t=: a worker whose clock is ahead would sign in the future."""
    rows = [":".join(names[n : n + NAMES_A_LINE]) for n in range(0, len(names), NAMES_A_LINE)]
    unsigned = (
        f" v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n\td={key.domain}; s={key.selector};\r\n"
        f"\th={':\r\n\t '.join(rows)};\r\n\tbh={digest};\r\n\tb="
    ).encode()
    signed = base64.b64encode(key.sign(covered + _canonical(b"dkim-signature", unsigned)))
    folded = [signed[n : n + BASE64_A_LINE] for n in range(0, len(signed), BASE64_A_LINE)]
    return b"DKIM-Signature:" + unsigned + b"\r\n\t ".join(folded) + b"\r\n"


def _keys(domain: str, said: Any) -> tuple[Key, ...]:
    """One key, or several, for one domain; two algorithms side by side make two signatures."""
    many = said if isinstance(said, list) else [said]
    return tuple(_key(domain, one) for one in many)


def _key(domain: str, said: Any) -> Key:
    if not isinstance(said, dict) or said.keys() not in ({"selector", "key"}, {"selector", "file"}):
        raise KeyUnusable(f'DKIM: {domain} needs {{"selector": "...", "file": "..."}}, or "key" with the key itself.')
    for name in (domain, said["selector"]):
        if not isinstance(name, str) or NAME.fullmatch(name) is None:
            raise KeyUnusable(f"DKIM: {name!r} is not a name that can stand in the DNS.")
    try:
        pem = Path(said["file"]).read_bytes() if "file" in said else str(said["key"]).encode()
        private = load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusable(f"DKIM: the key of {domain} cannot be read: {type(error).__name__}.") from error
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise KeyUnusable(f"DKIM: the key of {domain} is neither RSA nor Ed25519.")
    if isinstance(private, RSAPrivateKey) and private.key_size < SHORTEST_RSA:
        raise KeyUnusable(f"DKIM: the key of {domain} has {private.key_size} bits; {SHORTEST_RSA} are the least.")
    return Key(domain, said["selector"], private)
