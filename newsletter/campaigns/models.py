"""Campaign: one email to everybody who agreed, once."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.segments.models import Segment
from newsletter.content.models import EmailTemplate, Topic
from newsletter.deliveries.models import Batch

LAST_DAY = 28
"""The last day of the month on which a monthly draft can be made: every month has it."""


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")


class Timing(models.TextChoices):
    """How the mails of one campaign are spread over time, from `goes_at` on."""

    CLINIC = "clinic", _("All at the same moment")
    LEAD_ZONE = "lead_zone", _("At this time of day where each reader lives")
    SPREAD = "spread", _("Evenly over some hours")


class Campaign(models.Model):
    """One email to one audience; `goes_at` is the moment that staff chose, by the clinic's clock.

    `start_at` is when it is planned, which for `Timing.LEAD_ZONE` is earlier: when the first of the readers' clocks
    shows the time of day of `goes_at`. Until then it can be unscheduled; nothing leaves before `undo_until`.

    Without `included` segments it is for everybody; with some, for those who are in at least one of them. Whoever is
    in one of `excluded` is left out.

    `reviewed_count`, `reviewed_version` and `reviewed_audience` (see `review.mark`) are what somebody looked at when
    they pressed the button.

    A canary is a batch of its own, of `canary_size` people, that leaves first; the rest waits until
    `canary_over_at`. `canary_until` is when the rest goes on by itself, where staff chose so.

    `fixing_since` is set while somebody mends the words of a paused campaign for those who have not got it.
    """

    name = models.CharField(_("name"), max_length=120)
    email = models.OneToOneField(EmailTemplate, on_delete=models.PROTECT, related_name="campaign")
    topic = models.CharField(max_length=20, choices=Topic, default=Topic.NEWSLETTER)
    includes_patients = models.BooleanField(_("also to patients"), default=False)
    included = models.ManyToManyField(Segment, blank=True, related_name="campaigns")
    excluded = models.ManyToManyField(Segment, blank=True, related_name="campaigns_without")
    status = models.CharField(max_length=10, choices=CampaignStatus, default=CampaignStatus.DRAFT)

    timing = models.CharField(max_length=10, choices=Timing, default=Timing.CLINIC)
    spread_hours = models.PositiveSmallIntegerField(default=0)
    goes_at = models.DateTimeField(null=True, blank=True)
    start_at = models.DateTimeField(null=True, blank=True)
    undo_until = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    planned_count = models.PositiveIntegerField(default=0)
    reviewed_count = models.PositiveIntegerField(null=True, blank=True)
    reviewed_version = models.PositiveIntegerField(null=True, blank=True)
    reviewed_audience = models.CharField(max_length=12, blank=True)

    canary_size = models.PositiveSmallIntegerField(default=0)
    canary_goes_on = models.BooleanField(default=False)
    canary_batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    canary_until = models.DateTimeField(null=True, blank=True)
    canary_over_at = models.DateTimeField(null=True, blank=True)

    fixing_since = models.DateTimeField(null=True, blank=True)
    fixing_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    sender_name = models.CharField(max_length=120, blank=True)
    utm_source = models.CharField(max_length=60, blank=True)
    utm_medium = models.CharField(max_length=60, blank=True)
    utm_campaign = models.CharField(max_length=60, blank=True)

    is_public = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    copied_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies")
    resend_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="resends")
    repeats_on_day = models.PositiveSmallIntegerField(null=True, blank=True)
    next_draft_on = models.DateField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="newsletter_campaign_start_known",
                condition=~models.Q(status="scheduled") | models.Q(start_at__isnull=False),
            ),
            models.CheckConstraint(
                name="newsletter_campaign_spread_known",
                condition=~models.Q(timing="spread") | models.Q(spread_hours__gt=0),
            ),
            models.CheckConstraint(
                name="newsletter_campaign_repeats_known",
                condition=models.Q(repeats_on_day__isnull=True, next_draft_on__isnull=True)
                | models.Q(repeats_on_day__range=(1, LAST_DAY), next_draft_on__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["resend_of"],
                name="newsletter_campaign_resent_once",
                condition=models.Q(resend_of__isnull=False) & ~models.Q(status="cancelled"),
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
