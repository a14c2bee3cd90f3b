"""The one token that all links of a delivered mail carry.

16 bytes, 22 characters: key version (1), delivery id (6, big-endian), keyed BLAKE2b (9). The keys are the
links' own (settings.LINK_KEYS), apart from SECRET_KEY, and old ones are kept: a link to leave never expires.
"""

import base64
import binascii
import hashlib
import hmac

from django.conf import settings

MAC_BYTES = 9
ID_BYTES = 6
LENGTH = 22


def sign(delivery_id: int) -> str:
    """The token of this delivery, made with the newest key."""
    version = max(settings.LINK_KEYS)
    body = bytes([version]) + delivery_id.to_bytes(ID_BYTES, "big")
    return base64.urlsafe_b64encode(body + _mac(version, body)).decode().rstrip("=")


def read(token: str) -> int | None:
    """The delivery that the token was made for; None when it is not one of ours."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: 1 + ID_BYTES], raw[1 + ID_BYTES :]
    version = body[0]
    if version not in settings.LINK_KEYS or not hmac.compare_digest(mac, _mac(version, body)):
        return None
    return int.from_bytes(body[1:], "big")


def _mac(version: int, body: bytes) -> bytes:
    key = settings.LINK_KEYS[version]
    return hashlib.blake2b(body, key=key[:64], digest_size=MAC_BYTES, person=b"delivery").digest()
