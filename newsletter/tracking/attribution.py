"""Which mail a booking is credited to: the last one that a person clicked, within 90 days before it."""

from datetime import datetime, timedelta

from newsletter.tracking.models import Click, ClickLabel

CREDIT_LIVES = timedelta(days=90)


def credit(lead_id: int, *, at: datetime) -> int | None:
    """The delivery behind a booking made at this moment; None when no click of theirs led to it."""
    clicks = Click.objects.filter(lead_id=lead_id, label=ClickLabel.PERSON, at__lte=at, at__gt=at - CREDIT_LIVES)
    return clicks.order_by("-at", "-pk").values_list("delivery_id", flat=True).first()
