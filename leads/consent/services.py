"""Consent asked for, given, withdrawn, and taken up again at once by mistake.

Only a person's act gives consent: `request` sends a question, `confirm` takes the answer. All of them lock
the address before they read: whatever a sender decides, it decides before or after them. Withdrawn evidence
is never revived; coming back is new evidence.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from leads import signals
from leads.consent import queries, tokens
from leads.consent.models import Basis, Consent, ConsentRequest, ConsentWording, Method, Purpose
from leads.people import addresses, holding
from leads.people.models import Lead

logger = logging.getLogger(__name__)

LINK_LIVES = timedelta(days=7)
UNDO_LIVES = timedelta(minutes=10)
CONFIRMATIONS = ((timedelta(hours=24), 1), (timedelta(days=30), 3))

WITHDRAW = """
    UPDATE leads_consent SET withdrawn_at = %(now)s, withdrawn_how = %(how)s
    WHERE lead_id = %(lead)s AND purpose = 'marketing' AND withdrawn_at IS NULL
"""


class UnknownLink(Exception):
    """No request goes with this token."""


class ExpiredLink(Exception):
    """The request waited too long for its answer."""


@dataclass(frozen=True)
class Shown:
    """The words that were shown, and where."""

    wording: ConsentWording | None = None
    page: str = ""
    referrer: str = ""
    network: str = ""
    request: ConsentRequest | None = None


@dataclass(frozen=True)
class Ground:
    """Why a consent holds: for what, on which basis, how and to whom it was given, from when until when."""

    purpose: Purpose
    basis: Basis
    method: Method = Method.WEB_FORM
    by: User | None = None
    note: str = ""
    granted_at: datetime | None = None
    expires_at: datetime | None = None


@transaction.atomic
def request(lead: Lead, *, evidence: Shown, now: datetime) -> ConsentRequest | None:
    """Ask the address's owner to confirm; None if that is needless (they agreed already) or too often."""
    addresses.lock([lead.address_hash])
    if _is_settled(lead, now) or _asked_too_often(lead, now) or _is_breaker_open(now):
        return None
    asked = ConsentRequest.objects.create(
        lead=lead,
        purpose=Purpose.MARKETING,
        wording=evidence.wording,
        page=evidence.page,
        referrer=evidence.referrer,
        network=evidence.network,
        requested_at=now,
        expires_at=now + LINK_LIVES,
    )
    signals.consent_requested.send(ConsentRequest, request=asked, now=now)
    return asked


@transaction.atomic
def confirm(token: str, *, now: datetime, network: str) -> Consent:
    """Take the answer. A link that was used already gives back what it gave; raises UnknownLink, ExpiredLink."""
    found = tokens.find(token)
    if found is None:
        raise UnknownLink
    addresses.lock([found.lead.address_hash])
    asked = ConsentRequest.objects.select_related("lead", "wording").get(pk=found.pk)
    if asked.lead.erased_at is not None:
        raise UnknownLink
    if asked.confirmed_at is not None:
        return Consent.objects.get(request=asked)
    return _take_answer(asked, now, network)


def is_undoable(lead: Lead, now: datetime) -> bool:
    """Whether what was withdrawn last can still be taken up again with one press."""
    return queries.live_marketing_consent(lead, now) is None and _withdrawn_just_now(lead, now) is not None


def is_expired(asked: ConsentRequest, now: datetime) -> bool:
    """Whether this request can no longer be confirmed."""
    return asked.confirmed_at is None and now >= asked.expires_at


@transaction.atomic
def grant(lead: Lead, *, ground: Ground, shown: Shown | None = None, now: datetime) -> Consent:
    """Append evidence that this lead agreed, and announce it."""
    shown = shown or Shown()
    given = Consent.objects.create(
        lead=lead,
        purpose=ground.purpose,
        basis=ground.basis,
        method=ground.method,
        by=ground.by,
        note=ground.note,
        expires_at=ground.expires_at,
        wording=shown.wording,
        page=shown.page,
        referrer=shown.referrer,
        network=shown.network,
        request=shown.request,
        granted_at=ground.granted_at or now,
    )
    signals.consent_granted.send(Consent, consent=given, now=now)
    return given


@transaction.atomic
def withdraw(
    lead: Lead, *, how: str, now: datetime, delivery_id: int | None = None, anew: Collection[int] = ()
) -> bool:
    """End all marketing to this lead from the commit on. Said again it is heard again, and changes nothing.

    An opt-out is the person's, and the address's that the mail was in: `anew` are those who signed up with it again.
    """
    others = list(Lead.objects.filter(pk__in=anew).order_by("pk")) if anew else []
    if others:
        addresses.lock([lead.address_hash, *(other.address_hash for other in others)])
    for other in others:
        withdraw(other, how=how, now=now, delivery_id=delivery_id)
    lead = holding.hold(lead)
    ended = addresses.lock_and(lead.address_hash, WITHDRAW, {"lead": lead.pk, "now": now, "how": how})
    signals.consent_withdrawn.send(Lead, lead=lead, how=how, delivery_id=delivery_id, now=now)
    return bool(ended)


@transaction.atomic
def undo_withdrawal(lead: Lead, *, now: datetime, network: str = "") -> Consent | None:
    """Agree anew to what was withdrawn a moment ago; None if nothing was, or the moment has passed."""
    addresses.lock([lead.address_hash])
    live = queries.live_marketing_consent(lead, now)
    if live is not None:
        return live
    last = _withdrawn_just_now(lead, now)
    if last is None:
        return None
    ground = Ground(Purpose.MARKETING, Basis(last.basis), note="undid the withdrawal", expires_at=last.expires_at)
    shown = Shown(wording=last.wording, page=last.page, referrer=last.referrer, network=network)
    return grant(lead, ground=ground, shown=shown, now=now)


def _take_answer(asked: ConsentRequest, now: datetime, network: str) -> Consent:
    if is_expired(asked, now):
        raise ExpiredLink
    asked.confirmed_at = now
    asked.save(update_fields=["confirmed_at"])
    ground = Ground(Purpose(asked.purpose), Basis.EXPRESS)
    shown = Shown(asked.wording, asked.page, asked.referrer, network, request=asked)
    return grant(asked.lead, ground=ground, shown=shown, now=now)


def _withdrawn_just_now(lead: Lead, now: datetime) -> Consent | None:
    last = queries.last_withdrawal(lead)
    is_recent = last is not None and last.withdrawn_at is not None and now < last.withdrawn_at + UNDO_LIVES
    return last if is_recent else None


def _is_settled(lead: Lead, now: datetime) -> bool:
    """Whether nothing needs asking: they agreed, and it lasts."""
    live = queries.live_marketing_consent(lead, now)
    return lead.address_hash is None or (live is not None and live.expires_at is None)


def _asked_too_often(lead: Lead, now: datetime) -> bool:
    asked = ConsentRequest.objects.filter(lead=lead)
    return any(asked.filter(requested_at__gt=now - window).count() >= limit for window, limit in CONFIRMATIONS)


def _is_breaker_open(now: datetime) -> bool:
    is_open = queries.is_breaker_open(now)
    if is_open:
        logger.warning("%d confirmations within the hour: no more are mailed", queries.BREAKER_LIMIT)
    return is_open
