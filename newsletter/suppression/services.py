"""Suppress and lift: every change takes the address lock first, so the gate can never have read before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from leads.people import addresses
from leads.people.models import Lead
from newsletter.suppression.models import Scope, Suppression, SuppressionReason

STOP = """
    INSERT INTO newsletter_suppression (address_hash, scope, reason, at, delivery_id, by_id, lifted_why)
    VALUES (%(hash)s, %(scope)s, %(reason)s, %(at)s, %(delivery)s, %(by)s, '')
    ON CONFLICT (address_hash, scope) WHERE lifted_at IS NULL DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an address is suppressed; `delivery_id` names the mail behind it, `by` the member of staff.

    `lead` is whose address it is, where that is known.
    """

    scope: Scope
    reason: SuppressionReason
    delivery_id: int | None = None
    by: User | None = None
    lead: Lead | None = None


Listener = Callable[[bytes, Cause, datetime], None]
_listeners: list[Listener] = []


def when_suppressed(listener: Listener) -> None:
    """Have `listener(address_hash, cause, now)` called in the transaction of every new suppression."""
    if listener not in _listeners:
        _listeners.append(listener)


@transaction.atomic(savepoint=False)
def suppress(address_hash: bytes, *, cause: Cause, now: datetime) -> bool:
    """Stop mail of this scope to the address; False when it was stopped already."""
    values = {
        "hash": address_hash,
        "scope": cause.scope.value,
        "reason": cause.reason.value,
        "at": now,
        "delivery": cause.delivery_id,
        "by": cause.by.pk if cause.by is not None else None,
    }
    is_new = addresses.lock_and(address_hash, STOP, values) > 0
    for listener in _listeners if is_new else ():
        listener(address_hash, cause, now)
    return is_new


@transaction.atomic
def lift_marketing(address_hash: bytes, *, why: str, now: datetime) -> bool:
    """A newly confirmed consent lifts what stopped marketing; what stops all mail stays."""
    addresses.lock([address_hash])
    lifted = Suppression.objects.filter(
        address_hash=address_hash, scope=Scope.MARKETING, lifted_at__isnull=True
    ).update(lifted_at=now, lifted_why=why)
    return lifted > 0
