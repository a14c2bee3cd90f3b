"""What stands around the queue: holds, where the database lives, signs of life, and what has been counted."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class HoldScope(models.TextChoices):
    MARKETING = "marketing", _("Marketing mail")
    ALL = "all", _("All mail")


class HoldCause(models.TextChoices):
    """Who or what set a hold; automatic ones are set at most once at a time."""

    STAFF = "staff", _("A member of staff")
    COMMAND = "command", _("The command line")
    MOVED = "moved", _("Automatic: a restored or copied database")
    REWOUND = "rewound", _("Automatic: the database went on from a copy")
    SILENCE = "silence", _("Automatic: nothing was sent for a while")


class Hold(models.Model):
    """While one is unreleased, nothing leaves on the lanes of its scope."""

    reason = models.CharField(max_length=200)
    scope = models.CharField(max_length=9, choices=HoldScope, default=HoldScope.MARKETING)
    cause = models.CharField(max_length=8, choices=HoldCause, default=HoldCause.STAFF)
    since = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause"],
                name="newsletter_hold_automatic_once",
                condition=models.Q(cause__in=["moved", "rewound", "silence"], released_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_automatic(self) -> bool:
        return self.cause in {HoldCause.MOVED, HoldCause.REWOUND, HoldCause.SILENCE}


class Residence(models.Model):
    """Where this database lives: one row, which a restored or copied database no longer fits."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    cluster = models.CharField(max_length=40)
    database = models.BigIntegerField()
    relation = models.BigIntegerField()
    timeline = models.CharField(max_length=8)
    public_url = models.CharField(max_length=200)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="newsletter_residence_one")]

    def __str__(self) -> str:
        return self.public_url


class Heartbeat(models.Model):
    """When a part was last seen working, and at what; written by the work itself.

    A sender whose slots end in an error is seen all the same: since when that is so, and why, stands beside it.
    """

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    doing = models.CharField(max_length=20, blank=True)
    failing_since = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"

    @property
    def well_at(self) -> datetime:
        """When it was last known to do what it is for."""
        return self.failing_since or self.at


class Tally(models.Model):
    """The outcomes of a chunk that has come to its end, counted once: nothing about it changes any more."""

    chunk_id = models.BigIntegerField(primary_key=True)
    planned = models.PositiveSmallIntegerField()
    submitted = models.PositiveSmallIntegerField()
    refused = models.PositiveSmallIntegerField()
    failed = models.PositiveSmallIntegerField()
    expired = models.PositiveSmallIntegerField()
    cancelled = models.PositiveSmallIntegerField()
    closed = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=dict)
    last_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"tally of chunk {self.pk}"
