"""An address inside the studio that leads nowhere."""

from django.http import Http404, HttpResponse

from accounts import access
from accounts.access import StaffRequest


@access.may("see_studio")
def missing(request: StaffRequest, rest: str) -> HttpResponse:
    raise Http404
