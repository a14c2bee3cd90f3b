"""Overview: what needs a person, how the week goes, what leaves next."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import queries as campaigns
from newsletter.campaigns.models import CampaignStatus
from studio.pages import show
from studio.queries import attention, bookings, forecast, results, week


@access.may("see_studio")
@require_GET
def dashboard(request: StaffRequest) -> HttpResponse:
    now = database_now()
    under_way = list(campaigns.under_way())
    context = {
        "stages": week.stages(now),
        "outlook": forecast.outlook(now),
        "campaigns": under_way,
        "drafts": list(campaigns.made_by_itself()),
        "not_started": list(campaigns.not_started()),
        "paused": [one for one in under_way if one.status == CampaignStatus.PAUSED],
        "silent": attention.silent_parts(now),
        "bookings": bookings.latest(),
        "last_result": results.last_line(),
    }
    return show(request, "studio/dashboard/dashboard.html", context, now=now)
