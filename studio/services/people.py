"""Acts on one person that touch several apps, or that need a line in the audit trail beside the act."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from leads.consent import services as consent
from leads.models import Lead
from leads.tags import services as tags
from newsletter.deliveries.models import Delivery, Kind, Outcome, State
from newsletter.deliveries.settling import reconcile
from newsletter.sequences import services as sequences

TOLD_STAFF = "told staff"
IT_WAS_ANSWERED = "somebody answered it"
LEFT = (State.SUBMITTED, State.CLOSED)


class NotTheirs(LookupError):
    """No mail of this number has left for this person."""


@transaction.atomic
def unsubscribe(lead: Lead, *, by: User, now: datetime) -> bool:
    """End all marketing to this person, as they asked a member of staff to."""
    ended = consent.withdraw(lead, how=TOLD_STAFF, now=now)
    audit.record("lead.unsubscribed", subject=f"lead:{lead.pk}", by=by)
    return ended


@transaction.atomic
def answered(lead: Lead, delivery_id: int, *, by: User, now: datetime) -> bool:
    """Their answer to this mail came where only people read; False when it was known that they answered it.

    So it did leave, if that was in doubt. Raises NotTheirs.
    """
    theirs = Delivery.objects.filter(pk=delivery_id, lead_id=lead.pk).exclude(kind=Kind.TEST)
    if not theirs.exists() or not _did_leave(delivery_id, now):
        raise NotTheirs(delivery_id)
    is_news = sequences.replied(delivery_id, now=now)
    if is_news:
        reason = _("The answer came to the clinic's own mailbox.")
        audit.record("lead.answered", subject=f"lead:{lead.pk}", by=by, delivery=delivery_id, reason=reason)
    return is_news


@transaction.atomic
def untag(lead: Lead, *, name: str, by: User) -> None:
    if tags.remove(lead, name=name):
        audit.record("lead.untagged", subject=f"lead:{lead.pk}", by=by)


def _did_leave(delivery_id: int, now: datetime) -> bool:
    """Whether it left, or may have: then it did, for it was answered."""
    reconcile.evidence(delivery_id, submitted=True, now=now, reason=IT_WAS_ANSWERED)
    return Outcome.objects.filter(pk=delivery_id, state__in=LEFT).exists()
