"""Two leads who are one person with two addresses become one lead.

The kept one keeps its address, and gets nothing that either of them has forbidden:

* Consents say which address agreed, so they stay with it, untouched. The kept address is mailed on what it agreed to
  itself; that the other one had agreed is no leave to mail this one.
* An opt-out of either counts for both, unless the kept address agreed anew after it. Topics that either declined are
  declined, the longer pause holds, and who is a patient under one address is one.
* A confirmation that the other address was asked for cannot be given any more.

What was known and said moves to the kept lead: details that it lacks, notes, tags, questions. Apps above move what is
theirs when they hear of it, in the same transaction. The other row stays as an empty pointer, with the hash of its
address until the person is erased: whoever complains from there, or is forgotten, is the kept lead.
"""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads import signals
from leads.consent import queries as consents
from leads.consent import services as consent
from leads.consent.models import ConsentToken
from leads.intake.models import Inquiry
from leads.people import addresses
from leads.people import services as people
from leads.people.models import Lead, LeadStatus, Note
from leads.tags.models import Tagging

HOW = "merged"
"""How a consent ended that the other address of the same person had taken back."""

FILLED = ("first_name", "last_name", "phone", "time_zone", "birthday")
ORIGIN = ("created_at", "source", "first_page", "first_referrer")


class Overtaken(Exception):
    """One of the two was erased or merged in the meantime, or they are the same row."""


class Unclear(Exception):
    """At this moment nobody can tell who of the two has had something that both are to get; soon somebody can."""


@transaction.atomic
def merge(kept: Lead, gone: Lead, *, by: User, now: datetime) -> Lead:
    """Make the second one part of the first, as it is now; raises Overtaken, Unclear, and then nothing has happened."""
    kept, gone = _held(kept, gone)
    signals.leads_merging.send(Lead, kept=kept, gone=gone, now=now)
    address_hash = bytes(gone.address_hash or b"")
    left_at, is_patient = opted_out_at(gone, now), gone.status == LeadStatus.PATIENT
    _take_over(kept, gone)
    _empty(gone, kept, now)
    _move_what_was_said(gone, kept)
    audit.record("lead.merged", subject=f"lead:{kept.pk}", by=by, gone=gone.pk)
    if is_patient and kept.status != LeadStatus.PATIENT:
        people.set_status(kept, status=LeadStatus.PATIENT, by=by, now=now)
    if left_at is not None and not consents.agreed_after(kept, left_at, now):
        consent.withdraw(kept, how=HOW, now=now)
    signals.leads_merged.send(Lead, kept=kept, gone=gone, address_hash=address_hash, now=now)
    return kept


def opted_out_at(lead: Lead, now: datetime) -> datetime | None:
    """When this one took their consent back, if they have not agreed anew since."""
    last = consents.last_withdrawal(lead)
    is_back = consents.live_marketing_consent(lead, now) is not None
    return None if last is None or is_back else last.withdrawn_at


def _held(kept: Lead, gone: Lead) -> tuple[Lead, Lead]:
    """Both as they are, and as nobody else can change them until commit."""
    addresses.lock([kept.address_hash, gone.address_hash])
    found = Lead.objects.filter(erased_at=None).in_bulk([kept.pk, gone.pk])
    if len(found) != len([kept, gone]):
        raise Overtaken
    return found[kept.pk], found[gone.pk]


def _take_over(kept: Lead, gone: Lead) -> None:
    """Fill what is blank; of wishes, what lets less through; of how they came, what was first."""
    for name in FILLED:
        setattr(kept, name, getattr(kept, name) or getattr(gone, name))
    if gone.created_at < kept.created_at:
        for name in ORIGIN:
            setattr(kept, name, getattr(gone, name))
    kept.paused_until = max(filter(None, (kept.paused_until, gone.paused_until)), default=None)
    kept.declined_topics = sorted({*kept.declined_topics, *gone.declined_topics})
    kept.save(update_fields=[*FILLED, *ORIGIN, "paused_until", "declined_topics"])


def _empty(gone: Lead, kept: Lead, now: datetime) -> None:
    """From this statement on nobody adds a row to the one who goes: whoever is about to is waited for, or waits."""
    gone.merged_into, gone.former_hash = kept, gone.address_hash
    people.empty(gone, now=now)
    Lead.objects.filter(merged_into=gone).update(merged_into=kept)


def _move_what_was_said(gone: Lead, kept: Lead) -> None:
    Note.objects.filter(lead=gone).update(lead=kept)
    Inquiry.objects.filter(lead=gone).update(lead=kept)
    theirs = Tagging.objects.filter(lead=gone)
    theirs.filter(tag__in=Tagging.objects.filter(lead=kept).values("tag")).delete()
    theirs.update(lead=kept)
    ConsentToken.objects.filter(request__lead=gone, request__confirmed_at=None).delete()
