"""The claims rules as the studio shows them, one finding of theirs, and where to go back to from it."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from clinic import queries as clinic
from clinic.models import Clinic
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import queries as content
from newsletter.content.findings import Finding
from newsletter.content.lint import claims
from newsletter.content.lint.claims import Profile, Rule
from newsletter.content.models import EmailTemplate, Override
from newsletter.content.queries import AS_WRITTEN

SHOWN = 50


@dataclass(frozen=True, slots=True)
class InForce:
    """`inbox` are the words that an inbox should not show."""

    clinic: Clinic
    profile: Profile
    blocking: list[Rule]
    advising: list[Rule]
    inbox: tuple[str, ...]
    allowed: list[Override]


def in_force() -> InForce:
    """The rules of the clinic's country, and what was allowed last all the same."""
    profile = clinic.profile()
    rules = claims.in_force(profile)
    allowed = Override.objects.filter(taken_back_at=None).select_related("email", "by").order_by("-at", "-pk")
    return InForce(
        clinic=profile,
        profile=claims.profile(profile.jurisdiction),
        blocking=[rule for rule in rules if rule.is_blocking(profile.jurisdiction)],
        advising=[rule for rule in rules if not rule.is_blocking(profile.jurisdiction)],
        inbox=claims.words_of("condition"),
        allowed=list(allowed[:SHOWN]),
    )


def finding(email: EmailTemplate, key: str) -> Finding | None:
    """The finding of the email as it is saved, or as a campaign mails it to A or B, that this key can override."""
    campaign = _campaigns(email).first()
    letters = tests.letters(campaign) if campaign else []
    said = [letter.instead for letter in letters if letter.email.pk == email.pk] or [AS_WRITTEN]
    found = (one for instead in said for one in content.findings(email, instead) if one.key == key and one.blocking)
    return next(found, None)


def back(email: EmailTemplate) -> str:
    """Where somebody was who looked at this email's checks: the last look of a draft, else the editor."""
    campaign = _campaigns(email).filter(status=CampaignStatus.DRAFT).first()
    if campaign is not None:
        return reverse("studio:campaign_schedule", args=[campaign.pk])
    return reverse("studio:email_edit", args=[email.pk])


def _campaigns(email: EmailTemplate) -> QuerySet[Campaign]:
    """The one that mails this email, as its own words or as those of B."""
    mailing = Campaign.objects.filter(Q(email=email) | Q(experiment__other_email=email))
    return mailing.select_related("email").order_by("pk")
