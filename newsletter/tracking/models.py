"""Facts that come back: clicks, what the provider tells, and anonymous visits. Appended only."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClickLabel(models.TextChoices):
    PERSON = "person", _("A person")
    SCANNER = "scanner", _("Likely a scanner")
    UNKNOWN = "unknown", _("Unknown")


class Click(models.Model):
    """One request for a link of a delivered mail. Never dropped; labelled with the reason.

    The label is a judgement and may be revised: down to "scanner" when the click proves to be one of a burst,
    up to "person" when the same session acts (a form's POST), which is final.
    """

    delivery_id = models.BigIntegerField()
    lead_id = models.BigIntegerField()
    link = models.PositiveSmallIntegerField()
    goal = models.CharField(max_length=10)
    at = models.DateTimeField()
    label = models.CharField(max_length=10, choices=ClickLabel)
    reason = models.CharField(max_length=80)

    class Meta:
        indexes = [
            models.Index(fields=["lead_id", "-at"], name="newsletter_click_lead"),
            models.Index(fields=["delivery_id", "at"], name="newsletter_click_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} link {self.link} ({self.label})"


class FactKind(models.TextChoices):
    DELIVERED = "delivered", _("Delivered")
    BLOCKED = "blocked", _("Turned away")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOOKED = "booked", _("Booked")
    REPLIED = "replied", _("Replied")


class Fact(models.Model):
    """What later became known of a delivery; the first of a kind counts.

    *Bounced* means that the address does not exist; *turned away* that its mailbox was full or unwilling.
    """

    delivery_id = models.BigIntegerField()
    kind = models.CharField(max_length=14, choices=FactKind)
    at = models.DateTimeField()
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery_id", "kind"], name="newsletter_fact_first"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.kind}"


class Visit(models.Model):
    """One view of a public page. Says nothing about who."""

    page = models.CharField(max_length=40)
    referrer_host = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="newsletter_visit_at")]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d %H:%M}"
