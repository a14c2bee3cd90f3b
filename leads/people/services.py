"""What can be done to a lead as a person: found or created, described, noted, paused.

Details fill what is blank and never replace what is known: a form that anybody can send must not be able
to rename somebody. Staff rename with `describe`. Everything that holds mail back takes the address lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads import signals
from leads.people import addresses, holding
from leads.people.models import Lead, LeadSource, LeadStatus, Note

BLANK = ("email", "first_name", "last_name", "phone", "time_zone", "first_page", "first_referrer")


@dataclass(frozen=True)
class Details:
    """What came along with the address; blanks are "not said"."""

    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    language: str = "en"
    time_zone: str = ""
    birthday: date | None = None
    page: str = ""
    referrer: str = ""


@transaction.atomic
def find_or_create(address: str, *, source: LeadSource, now: datetime, details: Details) -> Lead:
    """Return the lead with this address, which stays locked until commit; two at once get the same one."""
    new = _new(address, source, now, details)
    addresses.lock([new.address_hash])
    Lead.objects.bulk_create([new], ignore_conflicts=True)
    lead = Lead.objects.get(address_key=new.address_key)
    _fill(lead, details)
    return lead


@transaction.atomic
def describe(lead: Lead, *, details: Details, by: User) -> None:
    """Write down what staff know; unlike a form's, their word replaces what was there. Raises Erased."""
    lead = holding.hold_known(lead)
    changed = {name: getattr(details, name) for name in ("first_name", "last_name", "phone", "time_zone", "birthday")}
    for name, value in changed.items():
        setattr(lead, name, value)
    lead.save(update_fields=list(changed))
    audit.record("lead.described", subject=f"lead:{lead.pk}", by=by)


@transaction.atomic
def set_status(lead: Lead, *, status: LeadStatus, by: User | None, now: datetime) -> None:
    """Say whether this person is a patient, and announce who has become one."""
    lead = holding.hold(lead)
    lead.status = status
    lead.save(update_fields=["status"])
    audit.record("lead.status", subject=f"lead:{lead.pk}", by=by, status=status)
    if status == LeadStatus.PATIENT:
        signals.patient_known.send(Lead, lead=lead, now=now)


@transaction.atomic
def add_note(lead: Lead, *, text: str, by: User, now: datetime) -> Note:
    """Raises Erased."""
    return Note.objects.create(lead=holding.hold_known(lead), text=text, by=by, at=now)


@transaction.atomic
def pause(lead: Lead, *, until: datetime) -> None:
    """Hold back marketing until then, at the person's own wish."""
    lead = holding.hold(lead)
    lead.paused_until = until
    lead.save(update_fields=["paused_until"])


@transaction.atomic
def resume(lead: Lead) -> None:
    lead = holding.hold(lead)
    lead.paused_until = None
    lead.save(update_fields=["paused_until"])


@transaction.atomic
def decline(lead: Lead, *, topics: Iterable[str], now: datetime) -> None:
    """Remember the topics this person does not want, the others are wanted; announce what is new in that."""
    lead = holding.hold(lead)
    before, after = set(lead.declined_topics), set(topics)
    lead.declined_topics = sorted(after)
    lead.save(update_fields=["declined_topics"])
    if before != after:
        news = {"declined": sorted(after - before), "wanted": sorted(before - after)}
        signals.topics_chosen.send(Lead, lead=lead, now=now, **news)


def empty(lead: Lead, *, now: datetime) -> None:
    """Take everything personal off the row: what is left is a number that nobody can be traced by."""
    for name in BLANK:
        setattr(lead, name, "")
    lead.address_key = lead.address_hash = None
    lead.paused_until = lead.birthday = None
    lead.declined_topics = []
    lead.erased_at = now
    lead.save()


def _new(address: str, source: LeadSource, now: datetime, details: Details) -> Lead:
    email = addresses.parse(address)
    key = addresses.key(email)
    return Lead(
        email=email,
        address_key=key,
        address_hash=addresses.digest(key),
        source=source,
        created_at=now,
        first_name=details.first_name,
        last_name=details.last_name,
        phone=details.phone,
        language=details.language,
        time_zone=details.time_zone,
        first_page=details.page,
        first_referrer=details.referrer,
    )


def _fill(lead: Lead, details: Details) -> None:
    """Add what was not known yet."""
    missing = [
        name
        for name in ("first_name", "last_name", "phone", "time_zone")
        if getattr(details, name) and not getattr(lead, name)
    ]
    for name in missing:
        setattr(lead, name, getattr(details, name))
    if missing:
        lead.save(update_fields=missing)
