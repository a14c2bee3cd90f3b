"""The calendar of what leaves: four weeks of campaigns, mails of the course, and days off."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic import queries as clinic
from clinic.clock import database_now
from newsletter.campaigns.audience.times import Awake
from studio.pages import show
from studio.queries import calendar

FARTHEST = timedelta(days=3660)


@access.may("send_campaigns")
@require_GET
def campaign_calendar(request: StaffRequest) -> HttpResponse:
    now = database_now()
    profile = clinic.profile()
    zone, awake = ZoneInfo(profile.time_zone), Awake.of(profile)
    today = now.astimezone(zone).date()
    weeks = calendar.weeks(_asked(request.GET.get("from", ""), today), now, zone=zone, awake=awake)
    span = calendar.WEEKS * calendar.WEEK
    first = weeks[0][0].on
    context = {"weeks": weeks, "today": today, "awake": awake, "earlier": first - span, "later": first + span}
    return show(request, "studio/campaigns/calendar.html", context, now=now)


def _asked(typed: str, today: date) -> date:
    """The day asked for; today for what is no day, or too far away to mean anything."""
    try:
        asked = date.fromisoformat(typed)
    except ValueError:
        return today
    return asked if abs(asked - today) < FARTHEST else today
