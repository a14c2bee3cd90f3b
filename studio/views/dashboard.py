"""Overview: how the week goes, what leaves next, what needs a person."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from studio.pages import show


@access.may("see_studio")
@require_GET
def dashboard(request: StaffRequest) -> HttpResponse:
    return show(request, "studio/dashboard/dashboard.html", {}, now=database_now())
