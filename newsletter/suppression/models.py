"""Addresses that must not be mailed, and why. Hashed; outlives the lead."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    MARKETING = "marketing", _("Marketing")
    ALL = "all", _("All mail")


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    HARD_BOUNCE = "hard_bounce", _("The address does not exist")
    COMPLAINT = "complaint", _("Marked as spam")
    ERASED = "erased", _("Erased at the person's wish")
    STAFF = "staff", _("Set by staff")


class Suppression(models.Model):
    address_hash = models.BinaryField(max_length=32)
    scope = models.CharField(max_length=10, choices=Scope)
    reason = models.CharField(max_length=20, choices=SuppressionReason)
    at = models.DateTimeField()
    delivery_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash", "scope"],
                name="newsletter_suppressed_once",
                condition=models.Q(lifted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.reason}"
