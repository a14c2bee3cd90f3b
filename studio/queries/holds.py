"""Holds that were released, for the hold room's record."""

from newsletter.models import Hold

SHOWN = 20


def past_holds() -> list[Hold]:
    """The last holds, the newest first."""
    released = Hold.objects.filter(released_at__isnull=False).select_related("by", "released_by")
    return list(released.order_by("-id")[:SHOWN])
