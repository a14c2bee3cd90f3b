"""What people send in, by the form or by answering a mail: questions that a person answers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.people.models import Lead


class InquiryOutcome(models.TextChoices):
    ANSWERED = "answered", _("Answered")
    BOOKED = "booked", _("Booked a call")
    NO_ANSWER = "no_answer", _("Could not be reached")
    NOT_SUITABLE = "not_suitable", _("Not suitable")


class Inquiry(models.Model):
    """A question from the contact form, or an answer to a mail. It stays on the call list until staff say how it ended.

    `answers` is the delivery that was answered, and `heard_as` tells an answer that is heard a second time.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="inquiries")
    question = models.TextField(max_length=2000, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    page = models.CharField(max_length=200, blank=True)
    answers = models.BigIntegerField(null=True)
    heard_as = models.BinaryField(max_length=16, null=True, unique=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=20, choices=InquiryOutcome, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"],
                name="leads_inquiry_open",
                condition=models.Q(handled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.received_at:%Y-%m-%d}"
