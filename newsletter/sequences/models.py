"""Sequence: emails over time. Version: what was published. Step: one thing in it. Enrolment: one lead's way."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models import Consent, Lead
from newsletter.content.models import Topic, Variant


class SequenceState(models.TextChoices):
    DRAFT = "draft", _("Not published yet")
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")


class Sequence(models.Model):
    """`draft` is the plan that staff are writing (null: as published); `draft_number` counts its savings.

    Where the clinic's cap lets only one of two mails through, the sequence of the higher `priority` goes first.
    `scanned_at` is up to when triggers that nothing announces (dates, silence, segments) have been looked for.
    """

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    topic = models.CharField(max_length=20, choices=Topic, default=Topic.COURSE)
    state = models.CharField(max_length=10, choices=SequenceState, default=SequenceState.LIVE)
    published = models.ForeignKey("newsletter.SequenceVersion", null=True, on_delete=models.PROTECT, related_name="+")
    draft = models.JSONField(null=True)
    draft_number = models.PositiveIntegerField(default=0)
    draft_at = models.DateTimeField(null=True)
    draft_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    priority = models.SmallIntegerField(default=0)
    scanned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class DraftState(models.Model):
    """What a draft said when it was saved as this `number`, so that it can be had back.

    `back` and `forth` are the numbers of the states that undoing and doing again lead to; `act` is what was done.
    `last_key` is the largest key that any step of this sequence had so far: none is used a second time.
    """

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="states")
    number = models.PositiveIntegerField()
    plan = models.JSONField()
    back = models.PositiveIntegerField(null=True)
    forth = models.PositiveIntegerField(null=True)
    act = models.CharField(max_length=40, blank=True)
    last_key = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "number"], name="newsletter_draftstate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence_id} draft {self.number}"


class DraftPresence(models.Model):
    """Somebody has the plan open: since when, and when they were last heard of."""

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="+", db_index=False)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sequence", "who"], name="newsletter_draftpresence_once")]

    def __str__(self) -> str:
        return f"{self.who_id} in {self.sequence_id}"


class SequenceVersion(models.Model):
    """What was published, and never changes: the plan (see `plan.document`) and, beside it, its window.

    Weekdays: Monday is 0; the window is in the lead's zone, else the clinic's.
    """

    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    plan = models.JSONField(default=dict)
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
    """One thing in a version. `key` outlives versions: it names the step for ever, so nobody gets it twice.

    `options` are what its kind needs besides (see `plan.document`); the days that an email waits are a column. From a
    step the way goes on at the position `after` (null: the next one), or at `yes` or `no` where it branches.
    """

    version = models.ForeignKey(SequenceVersion, on_delete=models.PROTECT, related_name="steps")
    key = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, default="email")
    wait_days = models.PositiveSmallIntegerField(_("days after the step before"), default=0)
    options = models.JSONField(default=dict)
    variant = models.ForeignKey(Variant, null=True, on_delete=models.PROTECT, related_name="steps")
    other_variant = models.ForeignKey(Variant, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.PositiveSmallIntegerField(null=True)
    yes = models.PositiveSmallIntegerField(null=True)
    no = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="newsletter_step_key_once"),
            models.UniqueConstraint(fields=["version", "position"], name="newsletter_step_place"),
            models.CheckConstraint(
                name="newsletter_step_of_email_has_letter",
                condition=~models.Q(kind="email") | models.Q(variant__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} #{self.position}"


class Transfer(models.Model):
    """What was chosen, when a version was published, about those who were inside; `up_to` is the last way looked at.

    Whose next moment would be now is dealt out over `hours`; `dealt` counts them.
    """

    version = models.ForeignKey(SequenceVersion, on_delete=models.PROTECT, related_name="transfers")
    moves = models.BooleanField()
    also_finished = models.BooleanField()
    hours = models.FloatField(default=0)
    dealt = models.PositiveIntegerField(default=0)
    up_to = models.BigIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    taken_up = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"to {self.version_id}"


class EnrolmentState(models.TextChoices):
    ACTIVE = "active", _("Under way")
    PAUSED = "paused", _("Paused")
    HELD_OUT = "held_out", _("Gets nothing, to compare")
    FINISHED = "finished", _("Finished")
    EXITED = "exited", _("Left")


class ExitReason(models.TextChoices):
    BOOKED = "booked", _("Booked")
    ATTENDED = "attended", _("Came to the call")
    REPLIED = "replied", _("Replied")
    CLICKED = "clicked", _("Clicked")
    TAG = "tag", _("Got the tag")
    OVER = "over", _("What it was about is over")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    DECLINED = "declined", _("Declined the topic")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    ERASED = "erased", _("Erased")
    MERGED = "merged", _("The same person, with another address")
    STAFF = "staff", _("Taken out by staff")


class Enrolment(models.Model):
    """One lead's way through one sequence. `due_at` is when `next_position` is to be looked at.

    `since` is when the way came there. `occasion` is what this way is about (see `occasions`; 0: nothing), `turn`
    counts the ways of one lead about the same. `is_asked_for`: its lead asked for it, just when it began. `last_key` is
    the step of the mail that was planned last, and not taken back: it is credited with what ends the way. Who is held
    out stays so when their way ends: `ended_at` and the reason say how.

    Every step moves its row, and a row that moves is written anew into each of its indexes: there are only those
    that somebody asks by. The version and the consent of an enrolment are asked for by the enrolment. Its sequence is
    its version's, which the database looks after: looking after both costs a tenth of beginning a way.
    """

    sequence = models.ForeignKey(
        Sequence, on_delete=models.PROTECT, related_name="enrolments", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(SequenceVersion, on_delete=models.PROTECT, db_index=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="enrolments")
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.ACTIVE)
    next_position = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    occasion = models.BigIntegerField(default=0)
    turn = models.PositiveSmallIntegerField(default=0)
    is_asked_for = models.BooleanField(default=False, db_default=False)
    last_key = models.PositiveSmallIntegerField(null=True)
    enrolled_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    exit_reason = models.CharField(max_length=20, choices=ExitReason, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "lead", "occasion", "turn"], name="newsletter_enrolled_once"),
            models.CheckConstraint(
                name="newsletter_enrolment_end_whole",
                condition=models.Q(state__in=["active", "paused"], ended_at__isnull=True)
                | models.Q(state__in=["finished", "exited"], ended_at__isnull=False)
                | models.Q(state="held_out"),
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


class Notice(models.Model):
    """A step asked a person to look after this lead; `handled_at` when somebody has."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="notices")
    key = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "key"], name="newsletter_notice_once")]
        indexes = [
            models.Index(
                fields=["at"],
                name="newsletter_notice_open",
                condition=models.Q(handled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Belonging(models.Model):
    """A lead fitted a sequence's segment when it was last looked: who fits now and is not here came since."""

    sequence = models.ForeignKey(Sequence, on_delete=models.CASCADE, related_name="+", db_index=False)
    segment_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "segment_id", "lead_id"], name="newsletter_belongs_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.segment_id}"


class ClicksSeen(models.Model):
    """Up to which click the ways that wait for one have been told. One row.

    `awaited` are numbers before it that were missing, each with the time (seconds) at which that was seen.
    """

    last_id = models.BigIntegerField(default=0)
    awaited = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.last_id)
