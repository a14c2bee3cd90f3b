"""What only the diary knows when a mail leaves: a call's time and calendar file, and the next free times.

A test mail is told of a call that nobody has booked, at the next free time, and its links change nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from booking import availability, entries, queries, times
from booking.calendar import Method
from booking.models import Appointment, AppointmentState
from booking.notices import Occasion, occasion_of
from clinic import phones
from clinic import queries as clinic
from leads.people.models import Lead
from newsletter.deliveries.admission.slots import Filled, Slotted
from newsletter.rendering import links
from newsletter.rendering.attachments import Attachment
from newsletter.rendering.slots import ADDRESS_SLOTS

A_DAY = timedelta(days=1)
A_NUMBER = "34"
METHODS = {
    Occasion.BOOKED: Method.REQUEST,
    Occasion.MOVED: Method.REQUEST,
    Occasion.CANCELLED: Method.CANCEL,
}


def appointments(deliveries: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    """When the call is, in the person's zone, on which number, and the calendar file where it changes.

    It is the call as it is now: whoever reads an old mail on its page is told of no time that holds no longer.
    """
    calls = Appointment.objects.select_related("lead").in_bulk({row.owner for row in deliveries})
    return {row.id: _of_call(row, calls[row.owner]) for row in deliveries}


def free_times(deliveries: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    """The next free times, in each person's zone; empty when there are none."""
    home = clinic.zone()
    few = availability.few(queries.open_slots(now=now), zone=home)
    leads = Lead.objects.only("language", "time_zone").in_bulk({row.lead_id for row in deliveries})
    said: dict[tuple[str, str], str] = {}
    for one in leads.values():
        if (one.language, one.time_zone) not in said:
            said[one.language, one.time_zone] = _free(few, one, home)
    return {
        row.id: Filled({"free_times": said[lead.language, lead.time_zone]})
        for row in deliveries
        if row.lead_id is not None and (lead := leads.get(row.lead_id)) is not None
    }


def specimens(deliveries: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    """What a test mail says where a real one knows its reader: the same for every member of staff."""
    home = clinic.zone()
    few = availability.few(queries.open_slots(now=now), zone=home)
    with translation.override(clinic.profile().language):
        said = {
            "when": times.said(few[0] if few else now + A_DAY, home),
            "phone_hint": phones.hint(A_NUMBER),
            "free_times": times.said_together(few, home),
            **dict.fromkeys(ADDRESS_SLOTS, settings.PUBLIC_URL + links.FROM_A_TEST),
        }
    return {row.id: Filled(said) for row in deliveries}


def _of_call(row: Slotted, call: Appointment) -> Filled:
    zone = times.zone_or(call.time_zone, clinic.zone())
    with translation.override(call.lead.language):
        when = times.said(call.starts_at, zone)
        if call.state == AppointmentState.CANCELLED and occasion_of(row.item) != Occasion.CANCELLED:
            when = _("%(when)s: this call was cancelled") % {"when": when}
        return Filled({"when": when, "phone_hint": phones.hint(call.phone)}, _attachment(row, call))


def _attachment(row: Slotted, call: Appointment) -> Attachment | None:
    method = METHODS.get(occasion_of(row.item))
    if method is None:
        return None
    content = entries.file(call, method, delivery_id=None if method is Method.CANCEL else row.id)
    return Attachment(entries.FILENAME, content, method=method.value)


def _free(few: Sequence[datetime], lead: Lead, home: ZoneInfo) -> str:
    with translation.override(lead.language):
        return times.said_together(few, times.zone_or(lead.time_zone, home))
