"""AudienceCount: how many people a campaign was for when somebody let it go, and when it was planned."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletter.campaigns.models import Campaign


class Occasion(models.TextChoices):
    SCHEDULED = "scheduled", _("When it was let go")
    PLANNED = "planned", _("When it was planned")


class AudienceCount(models.Model):
    """`reasons` is a JSON object: so many people left out under each name of `audience.question.REASONS`."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="audience_counts")
    occasion = models.CharField(max_length=9, choices=Occasion)
    at = models.DateTimeField()
    total = models.PositiveIntegerField()
    reasons = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["campaign", "at"], name="newsletter_audience_when")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.occasion}: {self.total}"
