"""Addresses: how they are written, compared, hashed, masked and locked.

`key` decides who is the same person: NFC, trimmed, the domain lower-cased in its ASCII form, the local
part lower-cased for comparison only. No provider's tricks (dots, plus) are undone: they are the owner's choice.

`lock` is taken by everything that stops mail (opt-out, bounce, erasure, a sequence's exit) and `lock_shared`
by the gate. A decision read after the lock, in a later statement, cannot be older than the opt-out.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from email_validator import EmailNotValidError, validate_email

LOCK_CLASS = 0x4D4C
BUCKETS = 4096
LOCK_LEADS = """
    SELECT count(pg_advisory_xact_lock(%s, found.bucket)::text) FROM (
        SELECT DISTINCT (get_byte(l.address_hash, 0) * 256 + get_byte(l.address_hash, 1)) %% %s AS bucket
        FROM leads_lead l WHERE l.id = ANY((SELECT %s::bigint[])::bigint[]) AND l.address_hash IS NOT NULL
        ORDER BY bucket OFFSET 0
    ) found
"""
LONGEST = 254
_OUTSIDE = r"\s<>\"'(),:;=@/"
WRITTEN = re.compile(rf"(?<![^{_OUTSIDE}])([^{_OUTSIDE}])[^{_OUTSIDE}]*@((?:[\w-]+\.)+[\w-]+)")
"""An address in a text; begun only where a word begins, so that a long word is looked at once."""


class BadAddress(ValueError):
    """The text is not one deliverable-looking email address."""


def parse(text: str) -> str:
    """The address as its owner wrote it, trimmed and NFC; raises BadAddress."""
    try:
        checked = validate_email(unicodedata.normalize("NFC", text).strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from error
    if max(len(checked.normalized), len(key(checked.normalized))) > LONGEST:
        raise BadAddress(f"The address is longer than {LONGEST} characters.")
    return checked.normalized


def key(address: str) -> str:
    """The form in which two addresses are compared."""
    local, _, domain = address.rpartition("@")
    ascii_domain = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    return f"{local.lower()}@{ascii_domain.lower()}"


def digest(address_key: str) -> bytes:
    """The keyed hash (32 bytes) that outlives the lead in the suppression table."""
    return hmac.new(settings.ADDRESS_PEPPER, address_key.encode(), hashlib.sha256).digest()


def masked(address: str) -> str:
    """Enough to recognise one's own address, not enough to learn another's: j•••@example.org."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}" if domain else ""


def masked_in(text: str) -> str:
    """The text with every address in it masked: what relays, databases and tracebacks say is kept in many places."""
    return WRITTEN.sub(r"\1•••@\2", text)


def bucket(address_hash: bytes | memoryview) -> int:
    """Which of the address locks guards this address."""
    return int.from_bytes(bytes(address_hash)[:2], "big") % BUCKETS


def lock(hashes: Iterable[bytes | memoryview | None]) -> None:
    """Wait for, and keep until commit, the exclusive locks of these addresses, in order."""
    _take("pg_advisory_xact_lock", hashes)


def lock_shared(hashes: Iterable[bytes | memoryview | None]) -> None:
    """The gate's side of `lock`: many senders at once, none beside an opt-out."""
    _take("pg_advisory_xact_lock_shared", hashes)


def lock_leads(lead_ids: Collection[int]) -> None:
    """`lock` for the addresses that these people have now: one question, however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_LEADS, [LOCK_CLASS, BUCKETS, "{" + ",".join(map(str, lead_ids)) + "}"])


def lock_and(address_hash: bytes | memoryview | None, statement: str, params: Mapping[str, Any]) -> int:
    """Take the exclusive lock of one address, then run the statement; returns how many rows it touched.

    One message, but two statements to PostgreSQL: the second sees what was committed while the first one waited.
    """
    first = "" if address_hash is None else f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, {bucket(address_hash)});"
    with connection.cursor() as cursor:
        cursor.execute(first + statement, params)
        while cursor.nextset():
            pass
        return cursor.rowcount


def _take(function: str, hashes: Iterable[bytes | memoryview | None]) -> None:
    buckets = sorted({bucket(value) for value in hashes if value is not None})
    if not buckets:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {function}(%s, b) FROM unnest(%s::int[]) WITH ORDINALITY AS t(b, n) ORDER BY n",  # noqa: S608
            [LOCK_CLASS, "{" + ",".join(map(str, buckets)) + "}"],
        )
