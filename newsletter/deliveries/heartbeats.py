"""Heartbeats: written by the work itself, so that a process that lives but does nothing is noticed."""

from datetime import datetime

from newsletter.deliveries.standing import Heartbeat


def beat(name: str, *, now: datetime) -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def sender(lane: str) -> str:
    """The name under which the senders of a lane are seen."""
    return f"sender:{lane}"


def last_seen() -> dict[str, datetime]:
    """When each part was last seen working."""
    return dict(Heartbeat.objects.values_list("name", "at"))
