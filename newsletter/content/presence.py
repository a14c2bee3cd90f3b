"""Who has an email open: told by their pages every quarter of a minute, so that two writers know of each other."""

from datetime import datetime, timedelta

from accounts.models import User
from newsletter.content.models import EmailTemplate, Presence

LASTS = timedelta(seconds=40)


def note(email: EmailTemplate, *, who: User, now: datetime) -> None:
    """Somebody has it open now."""
    Presence.objects.update_or_create(email=email, who=who, defaults={"seen_at": now})


def others(email: EmailTemplate, *, than: User, now: datetime) -> list[str]:
    """The names of those who have it open besides this person."""
    found = Presence.objects.filter(email=email, seen_at__gt=now - LASTS).exclude(who=than)
    return [str(presence.who) for presence in found.select_related("who").order_by("who__name", "who_id")]
