"""What is known of the links that mails lead to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_URL = 500


class Verdict(models.TextChoices):
    PENDING = "pending", _("not looked at yet")
    ALIVE = "alive", _("answers")
    UNCLEAR = "unclear", _("could not be checked")
    DEAD = "dead", _("dead")


class LinkCheck(models.Model):
    """One address. `due_at` says that somebody waits for a look at it; `lease_until` that somebody is looking."""

    url = models.CharField(max_length=LONGEST_URL, unique=True)
    verdict = models.CharField(max_length=7, choices=Verdict, default=Verdict.PENDING)
    reason = models.CharField(max_length=20, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    checked_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="newsletter_link_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.url}: {self.verdict}"
