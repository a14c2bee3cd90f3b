"""Counting views of public pages: which page, coming from which site. Nothing about who."""

from datetime import datetime
from urllib.parse import urlsplit

from django.http import HttpRequest

from newsletter.tracking import services as tracking


def count(request: HttpRequest, page: str, *, now: datetime) -> None:
    """Append one visit; looking at headers only, or fetching ahead of a person, is none."""
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        tracking.visit(page, _site_before(request), now=now)


def _site_before(request: HttpRequest) -> str:
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
        host = parts.hostname or ""
    except ValueError:
        return ""
    return "" if parts.netloc == request.get_host() else "".join(filter(str.isprintable, host))
