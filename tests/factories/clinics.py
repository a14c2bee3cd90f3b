"""The clinic's profile, complete enough that mail may leave."""

from datetime import time
from typing import Any

from django.utils import timezone

from clinic.models import Clinic, WeeklyHours


def clinic(**fields: Any) -> Clinic:
    """A profile with a green checklist and sending unlocked; name a field to change or empty it."""
    now = timezone.now()
    defaults = {
        "name": "Harbour Acupuncture",
        "practitioner": "Dana Reyes",
        "practitioner_title": "R.Ac",
        "postal_address": "12 Harbour Street\nToronto ON M5J 0A1",
        "phone": "+14165550100",
        "email": "hello@harbour.example",
        "sender_name": "Dana at Harbour",
        "sender_email": "dana@harbour.example",
        "time_zone": "America/Toronto",
        "booking_url": "https://book.harbour.example/",
        "content_signed_off_at": now,
        "content_signed_off_by": "Dana Reyes",
        "test_mail_seen_at": now,
        "sending_unlocked_at": now,
    }
    return Clinic.objects.update_or_create(id=1, defaults={**defaults, **fields})[0]


def hours(weekday: int = 0, opens_at: time = time(9), closes_at: time = time(17)) -> WeeklyHours:
    return WeeklyHours.objects.create(weekday=weekday, opens_at=opens_at, closes_at=closes_at)
