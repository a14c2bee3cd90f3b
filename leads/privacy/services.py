"""Erasure: everything personal goes, what happened stays countable, and the address stays unmailable.

The lead's row is anonymised in place. What remains of the address is its keyed hash, handed once to the apps
above, which remember whom never to mail and erase what they hold themselves.
"""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads import signals
from leads.people import addresses
from leads.people.models import Lead
from leads.tags.models import Tag

BLANK = ("email", "first_name", "last_name", "phone", "time_zone", "first_page", "first_referrer")


@transaction.atomic
def erase(lead: Lead, *, by: User | None, now: datetime) -> None:
    """Forget this person. What is erased already stays as it is."""
    if lead.address_hash is None:
        return
    address_hash = bytes(lead.address_hash)
    addresses.lock([address_hash])
    _anonymise(lead, now)
    _empty_what_was_said(lead, now)
    audit.record("lead.erased", subject=f"lead:{lead.pk}", by=by)
    signals.lead_erased.send(Lead, lead=lead, address_hash=address_hash, now=now)


def _anonymise(lead: Lead, now: datetime) -> None:
    for name in BLANK:
        setattr(lead, name, "")
    lead.address_key = None
    lead.address_hash = None
    lead.paused_until = None
    lead.birthday = None
    lead.declined_topics = []
    lead.erased_at = now
    lead.save()


def _empty_what_was_said(lead: Lead, now: datetime) -> None:
    """Words and traces go; that there was a question or a consent, and when, is no secret about anybody."""
    lead.notes.all().delete()
    _take_tags_off(lead)
    lead.inquiries.update(question="", phone="", page="")
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
