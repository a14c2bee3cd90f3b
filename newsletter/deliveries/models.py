"""The send engine's tables.

A *batch* is one planning act. Its *deliveries* are appended once and never updated; they lie in *chunks*
of at most a thousand, and a delivery's id is `chunk.id * 1000 + place`, so that a delivery knows its
chunk without a column. The chunk carries lease, fence and hand-over mark. What became of a delivery is an
appended *outcome*. What must wait has a *later* row. A delivery that lies before its mark without an
outcome and without a later row, and whose lease has run out, is *uncertain*.

Deliveries name lead, staff and owner by plain numbers: leads are anonymised, never deleted, and a
foreign key would more than double the cost of planning.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletter.content.models import Topic

CHUNK_SIZE = 1000


class Kind(models.IntegerChoices):
    """What a delivery is for. With `owner` and `item` it is the delivery's unique name.

    kind          owner               item
    CAMPAIGN      campaign            lead
    STEP          enrolment           step key
    CONFIRMATION  consent request     0
    INQUIRY       inquiry             0
    APPOINTMENT   appointment         occasion (see booking.notices)
    STAFF         user or invitation  minute of the request
    TEST          email template      moment of the test
    """

    CAMPAIGN = 1, _("Campaign")
    STEP = 2, _("Sequence step")
    CONFIRMATION = 3, _("Confirmation")
    INQUIRY = 4, _("Answer to a question")
    APPOINTMENT = 5, _("Appointment")
    STAFF = 6, _("Staff")
    INVITATION = 7, _("Invitation of a colleague")
    TEST = 8, _("Test mail")


class Lane(models.TextChoices):
    """Mail aliases of settings.MAILERS, each with workers and a queue of its own."""

    MARKETING = "marketing", _("Marketing")
    TRANSACTIONAL = "transactional", _("Transactional")


class BatchState(models.TextChoices):
    OPEN = "open", _("Open")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")


class Batch(models.Model):
    """One planning act: `owner_id` is what can be paused or cancelled (campaign, sequence, ...)."""

    kind = models.PositiveSmallIntegerField(choices=Kind)
    owner_id = models.BigIntegerField()
    lane = models.CharField(max_length=13, choices=Lane)
    topic = models.CharField(max_length=20, choices=Topic, blank=True)
    state = models.CharField(max_length=9, choices=BatchState, default=BatchState.OPEN)
    size = models.PositiveIntegerField(default=0)
    planned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "owner_id"], name="newsletter_batch_owner")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.owner_id}: {self.size}"


class Chunk(models.Model):
    """Up to a thousand deliveries of one batch that go together; `mark` counts those handed over."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="chunks")
    lane = models.CharField(max_length=13, choices=Lane)
    due_at = models.DateTimeField()
    size = models.PositiveSmallIntegerField()
    mark = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(mark__lte=models.F("size")), name="newsletter_chunk_mark_inside"),
        ]
        indexes = [
            models.Index(
                fields=["lane", "due_at"],
                name="newsletter_chunk_due",
                condition=models.Q(done=False),
            ),
        ]

    def __str__(self) -> str:
        return f"chunk {self.pk}: {self.mark}/{self.size}"


class Delivery(models.Model):
    """One email to one person. Appended when planned, never updated: only its name may be given up (see `anew`).

    Campaigns have a unique index of their own: two columns of eight bytes, which a million ascending rows fill page by
    page. With the kind as a third column, and steps beside them, every page stayed half empty.
    """

    id = models.BigIntegerField(primary_key=True)
    owner = models.BigIntegerField()
    item = models.BigIntegerField()
    lead_id = models.BigIntegerField(null=True)
    staff_id = models.BigIntegerField(null=True)
    variant_id = models.IntegerField()
    kind = models.PositiveSmallIntegerField(choices=Kind)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "item"],
                name="newsletter_delivery_campaign_once",
                condition=models.Q(kind=Kind.CAMPAIGN),
            ),
            models.UniqueConstraint(
                fields=["owner", "item", "kind"],
                name="newsletter_delivery_once",
                condition=~models.Q(kind=Kind.CAMPAIGN),
            ),
        ]
        indexes = [
            models.Index(
                fields=["lead_id"],
                name="newsletter_delivery_lead",
                condition=models.Q(lead_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def chunk_id(self) -> int:
        return self.pk // CHUNK_SIZE


class State(models.IntegerChoices):
    """How a delivery ended, as far as handing over goes."""

    SUBMITTED = 1, _("Submitted")
    REFUSED = 2, _("Refused by our own check")
    FAILED = 3, _("Failed")
    EXPIRED = 4, _("Expired")
    CANCELLED = 5, _("Cancelled")
    CLOSED = 6, _("Uncertain, treated as sent")


class Outcome(models.Model):
    """How one delivery ended. One row at most; appended by the sender or by who settled it."""

    delivery_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    state = models.PositiveSmallIntegerField(choices=State)
    revision_id = models.IntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [BrinIndex(fields=["at"], name="newsletter_outcome_at", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.get_state_display()}"


class Later(models.Model):
    """A delivery that must wait: a retry, or the unsent rest of a window."""

    delivery_id = models.BigIntegerField(primary_key=True)
    lane = models.CharField(max_length=13, choices=Lane)
    due_at = models.DateTimeField()
    attempt = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    marked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["lane", "due_at"], name="newsletter_later_due"),
            models.Index(
                fields=["lane"],
                name="newsletter_later_marked",
                condition=models.Q(marked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} later: {self.reason}"


class Uncertain(models.Model):
    """It may have left; nobody knows. Deleted when it is settled, in the transaction of the outcome.

    `lease_owner` is whose journal may still tell; empty where the sender itself said that it does not know.
    """

    delivery_id = models.BigIntegerField(primary_key=True)
    lane = models.CharField(max_length=13, choices=Lane)
    since = models.DateTimeField()
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["lease_owner"], name="newsletter_uncertain_owner")]

    def __str__(self) -> str:
        return f"{self.delivery_id} uncertain"


class Recall(models.Model):
    """Cancelled while it was being handed over: whatever becomes of it, it is not tried again."""

    delivery_id = models.BigIntegerField(primary_key=True)
    reason = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.delivery_id} recalled: {self.reason}"


class Breaker(models.Model):
    """One relay in trouble; a relay without a row has none. `opened_at` is set while it is left alone.

    Two mailers behind one relay share a row: what one lane has learnt, the other need not learn again. A lane that was
    told to slow down has a row of its own beside it.
    """

    relay = models.CharField(max_length=200, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    why = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.relay}: {self.why}"


class PolicyWatch(models.Model):
    """The last answers to one campaign's or sequence's mails, the newest last.

    "x" is refused by policy, "b" an address that does not exist, "." any other.
    `words` are the other side's about the last refusal, addresses masked. Kind and owner 0 stand for mail that is
    nobody's campaign.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=Kind)
    owner_id = models.BigIntegerField()
    answers = models.CharField(max_length=50)
    words = models.CharField(max_length=200, blank=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "owner_id"], name="newsletter_policywatch_once")]

    def __str__(self) -> str:
        return f"{self.kind}/{self.owner_id}: {self.answers}"
