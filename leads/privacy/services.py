"""Erasure: everything personal goes, what happened stays countable, and the address stays unmailable.

The lead's row is anonymised in place. What remains of the address is its keyed hash, handed once to the apps
above, which remember whom never to mail and erase what they hold themselves.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import User
from leads import signals
from leads.people import addresses, holding
from leads.people import services as people
from leads.people.models import Lead
from leads.tags.models import Tag


@transaction.atomic
def erase(lead: Lead, *, by: User | None, now: datetime) -> None:
    """Forget this person, under all the addresses that they had. What is erased already stays as it is."""
    addresses.lock([lead.address_hash, *_formers(lead).values_list("former_hash", flat=True)])
    lead = holding.hold(lead)
    if lead.erased_at is not None:
        return
    address_hash = bytes(lead.address_hash or b"")
    people.empty(lead, now=now)
    _empty_what_was_said(lead, now)
    audit.record("lead.erased", subject=f"lead:{lead.pk}", by=by)
    signals.lead_erased.send(Lead, lead=lead, address_hash=address_hash, now=now)
    for former in _formers(lead):
        _erase_former(former, now)


def _formers(lead: Lead) -> QuerySet[Lead]:
    """The rows that were merged into this one, as far as anything is left of their addresses."""
    return Lead.objects.filter(merged_into=lead, former_hash__isnull=False).order_by("pk")


def _erase_former(former: Lead, now: datetime) -> None:
    address_hash = bytes(former.former_hash or b"")
    addresses.lock([address_hash])
    former.former_hash = None
    former.save(update_fields=["former_hash"])
    _empty_what_was_said(former, now)
    signals.lead_erased.send(Lead, lead=former, address_hash=address_hash, now=now)


def _empty_what_was_said(lead: Lead, now: datetime) -> None:
    """Words and traces go; that there was a question or a consent, and when, is no secret about anybody."""
    lead.notes.all().delete()
    audit.forget_reasons(f"lead:{lead.pk}")
    _take_tags_off(lead)
    lead.inquiries.update(question="", phone="", page="", heard_as=None)
    for asked in lead.consent_requests.all():
        asked.tokens.all().delete()
    lead.consent_requests.update(page="", referrer="", network="")
    lead.consents.update(page="", referrer="", network="", note="")
    lead.consents.filter(withdrawn_at=None).update(withdrawn_at=now, withdrawn_how="erased")


def _take_tags_off(lead: Lead) -> None:
    """A tag that nobody else has was a word about this person alone: it goes too."""
    tags = list(lead.taggings.values_list("tag_id", flat=True))
    lead.taggings.all().delete()
    Tag.objects.filter(pk__in=tags, taggings=None).delete()
