"""The leads room's list: who is known, what they agreed to, and where they are in the course."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields import CharField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.consent.models import Consent, ConsentRequest, Purpose
from leads.people import queries as people
from leads.people.models import Lead
from newsletter.models import Enrolment, Suppression
from newsletter.sequences import queries as ways
from newsletter.suppression.models import Scope

CONSENT_WORDS: dict[str, Promise] = {
    "agreed": _("Agreed"),
    "asked": _("Asked, not confirmed"),
    "left": _("Unsubscribed"),
    "unreachable": _("Cannot be mailed"),
    "none": _("No consent"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to; blanks are everybody."""

    text: str = ""
    status: str = ""
    consent: str = ""


def found(wanted: Wanted, *, now: datetime) -> QuerySet:
    """Leads, the newest first, each with `consent_state`, `course_state`, `course_position` and `course_exit`."""
    leads = with_consent(people.search(wanted.text), now=now)
    if wanted.status:
        leads = leads.filter(status=wanted.status)
    if wanted.consent:
        leads = leads.filter(consent_state=wanted.consent)
    way = Enrolment.objects.filter(lead=OuterRef("pk")).order_by("-enrolled_at")
    return leads.annotate(
        course_state=Subquery(way.values("state")[:1]),
        course_position=Subquery(way.annotate(passed=ways.mails(passed=True)).values("passed")[:1]),
        course_exit=Subquery(way.values("exit_reason")[:1]),
    )


def with_consent(leads: QuerySet[Lead], *, now: datetime) -> QuerySet:
    """These leads with `consent_state`, one of CONSENT_WORDS: whether marketing mail may go to them."""
    given = Consent.objects.filter(lead=OuterRef("pk"), purpose=Purpose.MARKETING)
    live = given.filter(Q(expires_at=None) | Q(expires_at__gt=now), withdrawn_at=None)
    asked = ConsentRequest.objects.filter(lead=OuterRef("pk"), confirmed_at=None, expires_at__gt=now)
    stopped = Suppression.objects.filter(address_hash=OuterRef("address_hash"), lifted_at=None)
    state = Case(
        When(Exists(stopped.filter(scope=Scope.ALL)), then=Value("unreachable")),
        When(Exists(live) & ~Exists(stopped), then=Value("agreed")),
        When(Exists(stopped) | Exists(given.filter(withdrawn_at__isnull=False)), then=Value("left")),
        When(Exists(asked), then=Value("asked")),
        default=Value("none"),
        output_field=CharField(),
    )
    return leads.annotate(consent_state=state)
