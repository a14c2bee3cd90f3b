"""The demo's first page: four doors for somebody who has just arrived. It exists only where DEMO is set."""

import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from website import access


@access.page
def doors(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    return render(request, "website/demo.html", {"facts": _facts()})


def _facts() -> dict[str, str]:
    """What the running demo says of itself: its addresses, and the login that it made up."""
    try:
        found = json.loads((settings.VAR_DIR / "demo.json").read_text())
    except (OSError, ValueError):
        return {}
    return {name: found[name] for name in ("studio", "inbox", "staff_email", "staff_password") if name in found}
