"""Campaign: one email to everybody who agreed, once."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter.content.models import EmailTemplate, Topic


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


class Campaign(models.Model):
    """`start_at` is when it is planned and begins to leave; until then it can be unscheduled."""

    name = models.CharField(_("name"), max_length=120)
    email = models.OneToOneField(EmailTemplate, on_delete=models.PROTECT, related_name="campaign")
    topic = models.CharField(max_length=20, choices=Topic, default=Topic.NEWSLETTER)
    includes_patients = models.BooleanField(_("also to patients"), default=False)
    status = models.CharField(max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT)
    start_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    planned_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="newsletter_campaign_start_known",
                condition=~models.Q(status="scheduled") | models.Q(start_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["start_at"],
                name="newsletter_campaign_due",
                condition=models.Q(status="scheduled"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
