"""A call's entry in somebody's calendar: the diary's row in the calendar's words."""

from django.conf import settings
from django.utils.translation import gettext as _

from booking import calendar
from booking.calendar import Call, Method, Organizer
from booking.models import Appointment
from clinic import queries as clinic
from clinic.models import Clinic
from newsletter import tokens
from newsletter.rendering import links

FILENAME = "call.ics"


def file(appointment: Appointment, method: Method, *, delivery_id: int | None = None) -> bytes:
    """The calendar file. With a delivery it holds that mail's link to move or cancel the call."""
    profile = clinic.profile()
    call = Call(
        uid=appointment.uid,
        revision=appointment.revision,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        changed_at=appointment.changed_at,
        summary=_("Free call with %(clinic)s") % {"clinic": profile.name},
        description=_description(profile, delivery_id),
        organizer=Organizer(profile.name, profile.email or profile.sender_email),
        attendee=appointment.lead.email,
    )
    return calendar.file(call, method)


def _description(profile: Clinic, delivery_id: int | None) -> str:
    lines = [_("We call you. %(terms)s") % {"terms": profile.free_call_terms}]
    if profile.phone:
        lines.append(_("Our number: %(phone)s") % {"phone": profile.phone})
    if delivery_id is not None:
        lines.append(_("Move or cancel the call: %(url)s") % {"url": _link(delivery_id)})
    return "\n".join(lines)


def _link(delivery_id: int) -> str:
    return settings.PUBLIC_URL + links.path("appointment", tokens.sign(delivery_id))
