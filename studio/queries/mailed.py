"""The campaign that mails an email: as its own words, or as those of the other side of its test."""

from django.db.models import Q, QuerySet

from newsletter.campaigns import mailing
from newsletter.campaigns.models import Campaign
from newsletter.content.models import EmailTemplate
from newsletter.content.queries import AS_WRITTEN, Instead


def campaign(email: EmailTemplate, among: QuerySet[Campaign] | None = None) -> Campaign | None:
    found = Campaign.objects.all() if among is None else among
    return found.filter(Q(email=email) | Q(experiment__other_email=email)).order_by("pk").first()


def is_of_b(email: EmailTemplate) -> bool:
    """Whether these are the words of the other side of a test."""
    found = campaign(email)
    return found is not None and found.email_id != email.pk


def instead(email: EmailTemplate) -> Instead:
    """How its words go out: an email of no campaign as it is written."""
    found = campaign(email)
    return mailing.as_mailed(found) if found else AS_WRITTEN
