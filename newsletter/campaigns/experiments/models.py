"""Experiment: what differs in variant B, on how many it is tried, and what was decided."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter.campaigns.models import Campaign
from newsletter.content.models import EmailTemplate, Variant

HOLD = timedelta(days=2_500_000)
"""So much later than they were meant to leave are mails due that wait for the end of a test: never, that is."""
HELD_FROM = datetime(8000, 1, 1, tzinfo=UTC)
"""Whatever is due from then on is held."""
UNDO = timedelta(seconds=60)
"""So long what a person has chosen waits before it leaves."""
LEAST_SHARE, WHOLE = 10, 100
LONGEST_WAIT = 7 * 24


class What(models.TextChoices):
    """The one thing that differs."""

    SUBJECT = "subject", _("Subject")
    PREHEADER = "preheader", _("Preheader")
    SENDER = "sender", _("Sender name")
    BODY = "body", _("The whole mail")


class Judge(models.TextChoices):
    """By what the better one is told. Opens tell nothing."""

    CLICKS = "clicks", _("People who clicked")
    BOOKINGS = "bookings", _("Bookings credited to it")


class Side(models.TextChoices):
    A = "a", _("A")
    B = "b", _("B")


class ExperimentState(models.TextChoices):
    DRAFT = "draft", _("Being set up")
    TESTING = "testing", _("Under test")
    DECIDED = "decided", _("Decided")
    DROPPED = "dropped", _("Put aside")


class Grounds(models.TextChoices):
    """Why the winner is the winner."""

    CLEAR = "clear", _("It was clearly better")
    TOO_FEW = "too_few", _("Too few to tell")
    STAFF = "staff", _("Chosen by a person")


class Experiment(models.Model):
    """One campaign's test. A is the campaign's own email; B says `words` instead, or is `other_email` as a whole.

    `share` of the audience, in per cent, is planned for A and B in equal parts; the rest is planned with them, for
    `variant_rest`, and held until the winner is known: then that variant says what the winner says. With a share of
    100 there is no rest. `tested_at` is when the last mail of the test was handed over, and the wait begins.

    One that was put aside before anything was planned keeps what was written for B, should it be wanted again.

    `evidence` are the figures on which it was decided, and when the rest leaves where that is later; `otherwise` is
    what the rest gets when they say too little.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.PROTECT, related_name="experiment")
    what = models.CharField(max_length=9, choices=What, default=What.SUBJECT)
    words = models.CharField(max_length=150, blank=True)
    other_email = models.OneToOneField(
        EmailTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="experiment"
    )
    share = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(LEAST_SHARE), MaxValueValidator(WHOLE)]
    )
    wait_hours = models.PositiveSmallIntegerField(
        default=24, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_WAIT)]
    )
    judged_by = models.CharField(max_length=8, choices=Judge, default=Judge.CLICKS)
    otherwise = models.CharField(max_length=1, choices=Side, default=Side.A)

    state = models.CharField(max_length=7, choices=ExperimentState, default=ExperimentState.DRAFT)
    variant_b = models.ForeignKey(Variant, null=True, on_delete=models.PROTECT, related_name="+")
    variant_rest = models.ForeignKey(Variant, null=True, on_delete=models.PROTECT, related_name="+")
    planned_a = models.PositiveIntegerField(default=0)
    planned_b = models.PositiveIntegerField(default=0)
    planned_rest = models.PositiveIntegerField(default=0)
    tested_at = models.DateTimeField(null=True, blank=True)

    winner = models.CharField(max_length=1, choices=Side, blank=True)
    grounds = models.CharField(max_length=7, choices=Grounds, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="newsletter_experiment_share", condition=models.Q(share__range=(LEAST_SHARE, WHOLE))
            ),
            models.CheckConstraint(
                name="newsletter_experiment_wait", condition=models.Q(wait_hours__range=(1, LONGEST_WAIT))
            ),
            models.CheckConstraint(
                name="newsletter_experiment_decided",
                condition=models.Q(state="decided", decided_at__isnull=False, winner__in=["a", "b"])
                | ~models.Q(state="decided") & models.Q(decided_at__isnull=True, winner=""),
            ),
        ]
        indexes = [
            models.Index(fields=["state"], name="newsletter_experiment_testing", condition=models.Q(state="testing")),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.what}"
