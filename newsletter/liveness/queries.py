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
RESERVED = frozenset({"example", "invalid", "test"})
RESERVED_NAMES = frozenset({"example.com", "example.net", "example.org"})


def known(urls: Collection[str]) -> dict[str, LinkCheck]:
    """What is known of each of these; nothing of those that nobody has asked for."""
    return {check.url: check for check in LinkCheck.objects.filter(url__in=set(urls))}


def checkable(urls: Collection[str]) -> list[str]:
    """Those of these that lead out of the site, each once: our own pages are known to live."""
    if not settings.LINK_CHECKS:
        return []
    return [url for url in dict.fromkeys(urls) if url.startswith("https://") and not _is_exempt(url)]


def is_stale(check: LinkCheck, now: datetime) -> bool:
    """Whether the last look was too long ago to be believed."""
    kept = KEPT if check.verdict == Verdict.ALIVE else KEPT_BAD
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
