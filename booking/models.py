"""Consultations: appointments for the free call, and goals (bookings of any kind) with their credit."""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Func
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models import Lead


class AppointmentState(models.TextChoices):
    BOOKED = "booked", _("Booked")
    CANCELLED = "cancelled", _("Cancelled")
    ATTENDED = "attended", _("Attended")
    MISSED = "missed", _("Missed")
    NOT_SUITABLE = "not_suitable", _("Not suitable")


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Appointment(models.Model):
    """One free call. `blocked_until` is the end plus the buffer; no two of them may overlap."""

    uid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    """The calendar file's name for the call, the same through every move."""
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    blocked_until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=AppointmentState, default=AppointmentState.BOOKED)
    phone = models.CharField(_("phone"), max_length=20)
    time_zone = models.CharField(max_length=64)
    revision = models.PositiveSmallIntegerField(default=0)
    """Counts the moves and the cancellation: the calendar file's SEQUENCE, and part of the name of each notice."""
    booked_at = models.DateTimeField()
    changed_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="booking_no_two_in_one_slot",
                expressions=[
                    (TsTzRange("starts_at", "blocked_until"), RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(state="cancelled"),
            ),
            models.CheckConstraint(
                name="booking_appointment_ends_later",
                condition=models.Q(ends_at__gt=models.F("starts_at"))
                & models.Q(blocked_until__gte=models.F("ends_at")),
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="booking_appointment_start")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.starts_at:%Y-%m-%d %H:%M} UTC"


class GoalKind(models.TextChoices):
    FREE_CALL = "free_call", _("Free call")
    DIRECT = "direct", _("Booked online directly")
    PHONE = "phone", _("Booked by phone")
    ELSEWHERE = "elsewhere", _("Booked elsewhere")
    PATIENT = "patient", _("Already a patient")


class Goal(models.Model):
    """The booking that a sequence is for, and the delivery it is credited to (if any)."""

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="goals")
    kind = models.CharField(max_length=10, choices=GoalKind)
    at = models.DateTimeField()
    appointment = models.OneToOneField(Appointment, null=True, on_delete=models.PROTECT)
    credited_delivery_id = models.BigIntegerField(null=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        indexes = [models.Index(fields=["at"], name="booking_goal_at")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.kind}"
