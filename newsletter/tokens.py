"""The token that the links of a delivered mail carry, that of its page, and the name that its Message-ID carries.

All name the delivery, and each is good for its own purpose only: a Message-ID is written into every relay's log, and
whoever is given the page of a mail should not be able to make out of its address the reader's other links. 16 bytes, 22
characters: key version (1), delivery id (6, big-endian), keyed BLAKE2b (9). The keys are the links' own
(settings.LINK_KEYS), apart from SECRET_KEY, and old ones are kept: a link to leave never expires.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

MAC_BYTES = 9
ID_BYTES = 6
LENGTH = 22


LINK = b"delivery"
PAGE = b"page"
MESSAGE = b"message-id"


def sign(delivery_id: int) -> str:
    """The token of this delivery's links, made with the newest key."""
    return _made(delivery_id, LINK)


def read(token: str) -> int | None:
    """The delivery whose links carry this token; None when it is not one of ours."""
    return _read(token, LINK)


def sign_page(delivery_id: int) -> str:
    """The token of the page on which this delivery can be read."""
    return _made(delivery_id, PAGE)


def read_page(token: str) -> int | None:
    """The delivery whose page this token is of; None when it is not one of ours."""
    return _read(token, PAGE)


def name(delivery_id: int) -> str:
    """What stands before the @ in this delivery's Message-ID, the same at every attempt."""
    return _made(delivery_id, MESSAGE)


def read_name(text: str) -> int | None:
    """The delivery whose Message-ID begins so; None when it is not one of ours."""
    return _read(text, MESSAGE)


def _made(delivery_id: int, purpose: bytes) -> str:
    keys = settings.LINK_KEYS
    version = max(keys)
    body = bytes([version]) + delivery_id.to_bytes(ID_BYTES, "big")
    return base64.urlsafe_b64encode(body + _mac(keys[version], body, purpose))[:LENGTH].decode()


def _read(token: str, purpose: bytes) -> int | None:
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: 1 + ID_BYTES], raw[1 + ID_BYTES :]
    key = settings.LINK_KEYS.get(body[0])
    if key is None or not hmac.compare_digest(mac, _mac(key, body, purpose)):
        return None
    return int.from_bytes(body[1:], "big")


def _mac(key: bytes, body: bytes, purpose: bytes) -> bytes:
    mac = _keyed(key, purpose).copy()
    mac.update(body)
    return mac.digest()


@lru_cache(maxsize=16)
def _keyed(key: bytes, purpose: bytes) -> hashlib.blake2b:
    """Set up once and copied: setting it up takes longer than all the rest of a token."""
    return hashlib.blake2b(key=key[:64], digest_size=MAC_BYTES, person=purpose)
