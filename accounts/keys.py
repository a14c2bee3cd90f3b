"""Keys of other programs: made and revoked by an owner, shown once, found again by a keyed hash.

A key is 32 random bytes, so nobody guesses one and a slow hash would protect nothing; that the hash is keyed keeps
whoever reads the database from telling a key by trying. It is looked up by its hash as a whole: how long that takes
says nothing about how much of a wrong key is right.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.models import ApiKey, User

PREFIX = "meridian_"
SECRET_BYTES = 32
SHOWN = 4
TOUCHED_EVERY = timedelta(minutes=1)


@transaction.atomic
def make(name: str, *, by: User, now: datetime) -> tuple[ApiKey, str]:
    """A new key, and what it reads: the only moment at which anybody can."""
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey.objects.create(
        name=name, secret_hash=hashed(secret), ends_in=secret[-SHOWN:], created_by=by, created_at=now
    )
    audit.record("key.made", subject=f"key:{key.pk}", by=by, name=name)
    return key, secret


@transaction.atomic
def revoke(key: ApiKey, *, by: User, now: datetime) -> bool:
    """Nothing can be done with it from now on; False if that was so."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        return False
    audit.record("key.revoked", subject=f"key:{key.pk}", by=by, name=key.name)
    return True


def holder(secret: str) -> ApiKey | None:
    """The key that reads so, unless it was revoked."""
    return ApiKey.objects.filter(secret_hash=hashed(secret), revoked_at=None).first()


def used(key: ApiKey, *, now: datetime) -> None:
    """Something is done with it; written down once a minute."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - TOUCHED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def every() -> QuerySet[ApiKey]:
    """Every key there ever was: those that work first, then the newest."""
    return ApiKey.objects.select_related("created_by").order_by("-revoked_at", "-created_at", "-pk")


def hashed(secret: str) -> bytes:
    """The form in which a key rests in the database."""
    return hashlib.blake2b(
        secret.encode(errors="replace"), key=settings.ADDRESS_PEPPER[:64], digest_size=32, person=b"api-key"
    ).digest()
