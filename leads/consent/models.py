"""Why we may write to a lead: requests, evidence, and the exact words that were agreed to."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.people.models import Lead


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Emails about sciatica, acupuncture and the clinic")
    INQUIRY = "inquiry", _("Answering a question")


class Basis(models.TextChoices):
    EXPRESS = "express", _("Express consent")
    INQUIRY = "inquiry", _("Asked us something")
    PURCHASE = "purchase", _("Is or was a patient")
    STAFF_RECORDED = "staff_recorded", _("Told staff")


class Method(models.TextChoices):
    WEB_FORM = "web_form", _("Web form")
    PHONE = "phone", _("Phone")
    IN_PERSON = "in_person", _("In person")
    PAPER = "paper", _("Paper form")


class ConsentWording(models.Model):
    """The exact text that was shown. A changed text is a new version; versions are never edited."""

    key = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=10, default="en")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "language", "version"], name="leads_wording_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version} ({self.language})"


class Evidence(models.Model):
    """Where and how the words were shown and agreed to."""

    purpose = models.CharField(max_length=20, choices=Purpose)
    wording = models.ForeignKey(ConsentWording, null=True, on_delete=models.PROTECT)
    page = models.CharField(max_length=200, blank=True)
    referrer = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=45, blank=True)
    """The visitor's network (IPv4 /24 or IPv6 /48), not the address."""

    class Meta:
        abstract = True


class ConsentRequest(Evidence):
    """A sign-up that waits for its confirmation."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="consent_requests")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["lead", "requested_at"], name="leads_request_recent")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.purpose} {self.requested_at:%Y-%m-%d}"


class ConsentToken(models.Model):
    """One minted confirmation link: random, stored hashed, good for this request only."""

    request = models.ForeignKey(ConsentRequest, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.BinaryField(max_length=32, unique=True)
    minted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"token of {self.request_id}"


class Consent(Evidence):
    """Evidence that this lead agreed to this wording for this purpose.

    Appended; the only later change is the withdrawal, written once.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="consents")
    basis = models.CharField(max_length=20, choices=Basis)
    method = models.CharField(max_length=20, choices=Method, default=Method.WEB_FORM)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    request = models.ForeignKey(ConsentRequest, null=True, on_delete=models.PROTECT)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_how = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["lead", "purpose"],
                name="leads_consent_live",
                condition=models.Q(withdrawn_at__isnull=True),
                include=["expires_at"],
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="leads_consent_withdrawal_whole",
                condition=models.Q(withdrawn_at__isnull=True, withdrawn_how="")
                | (models.Q(withdrawn_at__isnull=False) & ~models.Q(withdrawn_how="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.purpose} ({self.basis})"
