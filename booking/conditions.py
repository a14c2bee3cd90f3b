"""What can be asked of a lead that only the diary can tell."""

from django.utils.translation import gettext_lazy as _

from booking.models import AppointmentState
from leads.segments import registry
from leads.segments.registry import Condition

BOOKED = "EXISTS (SELECT 1 FROM booking_goal goal WHERE goal.lead_id = {lead})"
CALLS = """
    EXISTS (SELECT 1 FROM booking_appointment appointment
            WHERE appointment.lead_id = {lead} AND appointment.state = %s)
"""

CONDITIONS = (
    Condition(
        name="booked",
        label=_("have booked"),
        denial=_("have never booked"),
        phrase=_("who booked"),
        opposite=_("never booked"),
        sql=lambda _value: (BOOKED, []),
    ),
    Condition(
        name="attended",
        label=_("came to a call"),
        denial=_("never came to a call"),
        phrase=_("who came to a call"),
        opposite=_("who never came to a call"),
        sql=lambda _value: (CALLS, [AppointmentState.ATTENDED.value]),
    ),
    Condition(
        name="missed",
        label=_("missed a call"),
        denial=_("never missed a call"),
        phrase=_("who missed a call"),
        opposite=_("who never missed a call"),
        sql=lambda _value: (CALLS, [AppointmentState.MISSED.value]),
    ),
)


def register() -> None:
    registry.register(*CONDITIONS)
