"""What others ask of links: which of these are known to live, and whether somebody should look."""

from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet

from newsletter.liveness.models import LONGEST_URL, LinkCheck, Verdict

KEPT = timedelta(hours=6)
KEPT_BAD = timedelta(minutes=10)
"""Whoever mends a website wants to go on."""
KEPT_AT_LEAST = timedelta(seconds=15)
"""However often a button is pressed, no website is asked more often than this."""
RESERVED = frozenset({"example", "invalid", "test"})
RESERVED_NAMES = frozenset({"example.com", "example.net", "example.org"})


def known(urls: Collection[str]) -> dict[str, LinkCheck]:
    """What is known of each of these; nothing of those that nobody has asked for."""
    return {check.url: check for check in LinkCheck.objects.filter(url__in=set(urls))}


def pending(urls: Collection[str]) -> int:
    """How many of these somebody waits for a first look at."""
    return LinkCheck.objects.filter(url__in=set(urls), verdict=Verdict.PENDING, due_at__isnull=False).count()


def unasked(urls: Collection[str]) -> int:
    """How many of these nobody has ever asked about."""
    wanted = set(urls)
    return len(wanted) - LinkCheck.objects.filter(url__in=wanted).count()


def checkable(urls: Collection[str]) -> list[str]:
    """Those of these that lead out of the site, each once: our own pages are known to live."""
    if not settings.LINK_CHECKS:
        return []
    return [url for url in dict.fromkeys(urls) if url.startswith("https://") and not _is_exempt(url)]


def is_stale(check: LinkCheck, now: datetime, *, afresh: bool = False) -> bool:
    """Whether the last look was too long ago to be believed; by somebody who asks `afresh`, unless it was just now."""
    kept = KEPT if check.verdict == Verdict.ALIVE else KEPT_BAD
    kept = KEPT_AT_LEAST if afresh else kept
    return check.checked_at is None or check.checked_at + kept <= now


def is_example(url: str) -> bool:
    """Whether the name is one that is set aside for examples and never exists."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host.rpartition(".")[2] in RESERVED or host in RESERVED_NAMES


def is_due(now: datetime) -> bool:
    """Whether somebody waits for a look that nobody is taking."""
    return waiting(now).exists()


def waiting(now: datetime) -> QuerySet[LinkCheck]:
    """Those whose time has come and that nobody is looking at."""
    return LinkCheck.objects.filter(due_at__lte=now).exclude(lease_until__gt=now)


def _is_exempt(url: str) -> bool:
    """Too long to keep; or the site's own address, or an example, while somebody develops."""
    is_own = url == settings.PUBLIC_URL or url.startswith(f"{settings.PUBLIC_URL}/")
    return len(url) > LONGEST_URL or (settings.DEBUG and (is_own or is_example(url)))
