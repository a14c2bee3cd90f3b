"""What others ask about consent."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from leads.consent.models import Consent, ConsentRequest, Purpose
from leads.people.models import Lead

BREAKER_WINDOW = timedelta(hours=1)
BREAKER_LIMIT = 100


def live_marketing_consent(lead: Lead, now: datetime) -> Consent | None:
    """The consent on which this lead may get marketing mail now; the one that lasts longest."""
    live = Consent.objects.filter(lead=lead, purpose=Purpose.MARKETING, withdrawn_at=None)
    live = live.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    return live.order_by("-expires_at", "pk").first()


def last_withdrawal(lead: Lead) -> Consent | None:
    """The marketing consent that this lead withdrew last."""
    withdrawn = Consent.objects.filter(lead=lead, purpose=Purpose.MARKETING, withdrawn_at__isnull=False)
    return withdrawn.order_by("-withdrawn_at", "-pk").first()


def agreed_after(lead: Lead, moment: datetime, now: datetime) -> bool:
    """Whether this lead gave a marketing consent later than that, on which they may get mail now."""
    live = Consent.objects.filter(lead=lead, purpose=Purpose.MARKETING, withdrawn_at=None, granted_at__gt=moment)
    return live.filter(Q(expires_at=None) | Q(expires_at__gt=now)).exists()


def consents(lead: Lead) -> QuerySet[Consent]:
    """Everything this person agreed to, and its withdrawal, newest first; with the addresses they had before, too."""
    return (
        Consent.objects.filter(Q(lead=lead) | Q(lead__merged_into=lead))
        .select_related("wording", "by")
        .order_by("-granted_at", "-pk")
    )


def requests(lead: Lead) -> QuerySet[ConsentRequest]:
    """A person's sign-ups, confirmed or not, newest first; with the addresses they had before, too."""
    found = ConsentRequest.objects.filter(Q(lead=lead) | Q(lead__merged_into=lead)).select_related("wording")
    return found.order_by("-requested_at", "-pk")


def requests_between(start: datetime, end: datetime) -> QuerySet[ConsentRequest]:
    """Sign-ups in this time; those with `confirmed_at` became consents."""
    return ConsentRequest.objects.filter(requested_at__gte=start, requested_at__lt=end)


def is_breaker_open(now: datetime) -> bool:
    """Whether so many confirmations were asked for within the hour that no more are mailed; somebody should look."""
    return requests_between(now - BREAKER_WINDOW, now).count() >= BREAKER_LIMIT
