"""Status: what is stuck, since when, and what to do; else how the parts are."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries.standing import heartbeats
from newsletter.health import queries
from newsletter.health.findings import Level
from studio.pages import show
from studio.queries.parts import parts


@access.may("see_studio")
@require_GET
def status(request: StaffRequest) -> HttpResponse:
    now = database_now()
    found = queries.findings(now)
    context = {
        "wrong": [finding for finding in found if finding.level is Level.WRONG],
        "notes": [finding for finding in found if finding.level is Level.NOTE],
        "parts": parts(heartbeats.all_parts(), now),
    }
    template = "studio/status/status.html" + ("#live" if request.htmx else "")
    return show(request, template, context, now=now)
