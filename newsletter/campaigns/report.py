"""How far campaigns are, as one line of text each: for the command line."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.deliveries import queries
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.standing import holds

SECONDS = 2.0
LEAVING = (CampaignStatus.SENDING, CampaignStatus.PAUSED)


def line(campaign: Campaign) -> str:
    """Its figures, which add up to what was planned; then its speed and the time left, or why there is none."""
    found = queries.progress(Kind.CAMPAIGN, campaign.pk)
    parts = {
        "submitted": found.submitted,
        "refused": found.refused,
        "failed": found.failed,
        "expired": found.expired,
        "cancelled": found.cancelled,
        "treated as sent": found.closed,
        "uncertain": found.uncertain,
        "waiting": found.waiting,
    }
    figures = ", ".join(
        f"{count:,} {name}" for name, count in parts.items() if count or name in {"submitted", "waiting"}
    )
    return f"{campaign.name}: {found.planned:,} planned = {figures}. {_speed(campaign, found)}"


def _speed(campaign: Campaign, found: queries.Progress) -> str:
    if campaign.status != CampaignStatus.SENDING:
        return f"{campaign.get_status_display()}."
    if holds.is_shut(Lane.MARKETING):
        return "Held; nothing leaves."
    speed = queries.speed(Kind.CAMPAIGN, campaign.pk)
    if not speed.per_minute:
        return "No mail left in the last minute."
    left = speed.left(found)
    rest = f", {timedelta(seconds=round(left.total_seconds()))} left" if left else ""
    return f"{speed.per_minute:,} a minute{rest}."


@contextmanager
def every_few_seconds(say: Callable[[str], object]) -> Iterator[None]:
    """Say the lines of what is leaving, on a connection of its own, until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=_go_on, args=(say, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _go_on(say: Callable[[str], object], over: threading.Event) -> None:
    try:
        while not over.wait(SECONDS):
            for campaign in Campaign.objects.filter(status__in=LEAVING).order_by("pk"):
                say(line(campaign))
    finally:
        connection.close()
