"""Confirmation links: random, stored hashed, each good for one consent request and nothing else."""

import hashlib
import secrets
from datetime import datetime

from leads.consent.models import ConsentRequest, ConsentToken

TOKEN_BYTES = 16


def mint(request_id: int, *, now: datetime) -> str:
    """A new link's token (22 characters). It is written in the mail and can never be read again from here."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ConsentToken.objects.create(request_id=request_id, token_hash=_hash(token), minted_at=now)
    return token


def find(token: str) -> ConsentRequest | None:
    """The request that this token confirms."""
    found = ConsentToken.objects.filter(token_hash=_hash(token)).select_related("request__lead").first()
    return found.request if found else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
