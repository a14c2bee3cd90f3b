"""Lead: one person whom we know by email address."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Concat, ExtractDay, ExtractMonth, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LeadStatus(models.TextChoices):
    LEAD = "lead", _("Lead")
    PATIENT = "patient", _("Patient")


class LeadSource(models.TextChoices):
    SIGN_UP = "sign_up", _("Sign-up form")
    INQUIRY = "inquiry", _("Question form")
    BOOKING = "booking", _("Booking page")
    PHONE = "phone", _("Phone")
    IN_PERSON = "in_person", _("In person")


class Digits(Func):
    """Only the digits of a text."""

    template = "REGEXP_REPLACE(%(expressions)s, '[^0-9]', '', 'g')"
    output_field = models.TextField()


class Lead(models.Model):
    """One person. Erasure anonymises in place: the row stays, everything personal goes.

    Of two who are one person (see `merging`) one row is kept. The other is emptied in the same way, says whom it was
    `merged_into`, and keeps what its address agreed to; `former_hash` is that address's, until the person is erased.

    `address_key` is the address as compared (see `addresses.key`), `address_hash` its keyed hash: the
    hash is what suppression remembers and what the address lock is taken on.
    """

    email = models.EmailField(_("email"), blank=True)
    address_key = models.CharField(max_length=254, null=True, blank=True, unique=True)
    address_hash = models.BinaryField(max_length=32, null=True, blank=True, unique=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=LeadStatus, default=LeadStatus.LEAD)
    source = models.CharField(_("source"), max_length=10, choices=LeadSource)
    first_page = models.CharField(max_length=200, blank=True)
    first_referrer = models.CharField(max_length=200, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    declined_topics = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "leads.Lead", null=True, blank=True, on_delete=models.PROTECT, related_name="formers", db_index=False
    )
    former_hash = models.BinaryField(max_length=32, null=True, blank=True)
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                "first_name",
                Value(" "),
                "last_name",
                Value(" "),
                "email",
                Value(" "),
                Digits("phone"),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="leads_lead_reachable_or_erased",
                condition=models.Q(erased_at__isnull=False, address_key__isnull=True, email="")
                | models.Q(erased_at__isnull=True, address_key__isnull=False, address_hash__isnull=False),
            ),
            models.CheckConstraint(
                name="leads_lead_merged_is_empty",
                condition=models.Q(merged_into__isnull=True, former_hash__isnull=True)
                | models.Q(merged_into__isnull=False, erased_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="leads_lead_newest"),
            GinIndex(fields=["search_text"], name="leads_lead_search", opclasses=["gin_trgm_ops"]),
            models.Index(
                fields=["merged_into"],
                name="leads_lead_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            models.Index(
                ExtractMonth("birthday"),
                ExtractDay("birthday"),
                name="leads_lead_birthday",
                condition=models.Q(birthday__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email or f"#{self.pk}"


class Note(models.Model):
    """Something staff wrote down about a lead."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(max_length=2000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.text[:60]
