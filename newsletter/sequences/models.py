"""Sequence: emails over time. Version: what was published. Step: one of them. Enrolment: one lead's way."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models import Consent, Lead
from newsletter.content.models import Topic, Variant


class SequenceState(models.TextChoices):
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")


class Sequence(models.Model):
    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    topic = models.CharField(max_length=20, choices=Topic, default=Topic.COURSE)
    state = models.CharField(max_length=10, choices=SequenceState, default=SequenceState.LIVE)
    published = models.ForeignKey("newsletter.SequenceVersion", null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class SequenceVersion(models.Model):
    """What was published. Weekdays: Monday is 0; the window is in the lead's zone, else the clinic's."""

    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    window_opens_at = models.TimeField()
    window_closes_at = models.TimeField()
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "number"], name="newsletter_version_once"),
            models.CheckConstraint(
                name="newsletter_window_opens_first",
                condition=models.Q(window_closes_at__gt=models.F("window_opens_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence_id} v{self.number}"


class Step(models.Model):
    """One mail of a version. `key` outlives versions: it names the step for ever, so nobody gets it twice."""

    version = models.ForeignKey(SequenceVersion, on_delete=models.PROTECT, related_name="steps")
    key = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    wait_days = models.PositiveSmallIntegerField(_("days after the step before"))
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="steps")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="newsletter_step_key_once"),
            models.UniqueConstraint(fields=["version", "position"], name="newsletter_step_place"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} #{self.position}"


class EnrolmentState(models.TextChoices):
    ACTIVE = "active", _("Under way")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    EXITED = "exited", _("Left")


class ExitReason(models.TextChoices):
    BOOKED = "booked", _("Booked")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    ERASED = "erased", _("Erased")
    STAFF = "staff", _("Taken out by staff")


class Enrolment(models.Model):
    """One lead's way through one sequence. `due_at` is when `next_position` is to be planned.

    Every step moves its row, and a row that moves is written anew into each of its indexes: there are only those
    that somebody asks by. The version and the consent of an enrolment are asked for by the enrolment.
    """

    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    version = models.ForeignKey(SequenceVersion, on_delete=models.PROTECT, db_index=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="enrolments")
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.ACTIVE)
    next_position = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    enrolled_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    exit_reason = models.CharField(max_length=20, choices=ExitReason, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "lead"], name="newsletter_enrolled_once"),
            models.CheckConstraint(
                name="newsletter_enrolment_end_whole",
                condition=models.Q(state__in=["active", "paused"], ended_at__isnull=True)
                | models.Q(state__in=["finished", "exited"], ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["sequence", "due_at"],
                name="newsletter_enrolment_due",
                condition=models.Q(state="active"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.sequence_id}"
