"""What can happen in a future, why not earlier, and what keeps somebody from beginning: in words."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from newsletter.sequences.future.happenings import STUCK
from newsletter.sequences.future.onward import Hindrance
from newsletter.sequences.future.script import Act
from newsletter.sequences.future.why import Why
from newsletter.sequences.models import ExitReason

REASONS: Mapping[Why, Callable[[], str]] = {
    Why.WAIT: lambda: _("It waits: %(wait)s"),
    Why.PATIENCE: lambda: _("It is waited for, and does not happen: %(wait)s"),
    Why.TIME_OF_DAY: lambda: _("It has a time of day: %(at)s"),
    Why.HOURS: lambda: _("Mails go only in their hours: %(hours)s"),
    Why.WEEKDAY: lambda: _("No mail goes on %(days)s"),
    Why.HOLIDAY: lambda: _("Days off: %(days)s"),
    Why.CLOCKS: lambda: _("The clocks change on %(days)s; days are counted by the calendar"),
    Why.PAUSED: lambda: _("They paused their mail"),
    Why.CAP: lambda: _("They get no more than %(mails)s mails in %(span)s days"),
    Why.CAMPAIGN: lambda: _("A campaign goes to them on the same day"),
    Why.FEW_CALLS: lambda: _("Fewer than %(fewer)s free calls are left"),
}
DEEDS: Mapping[Act, Callable[[], str]] = {
    Act.CLICKED: lambda: _("They click in a mail"),
    Act.BOOKED: lambda: _("They book"),
    Act.ATTENDED: lambda: _("They come to the call"),
    Act.REPLIED: lambda: _("They answer"),
    Act.TAG: lambda: _("They get a tag"),
    Act.UNSUBSCRIBED: lambda: _("They unsubscribe"),
}
GOAL = (ExitReason.BOOKED, ExitReason.ATTENDED, ExitReason.REPLIED, ExitReason.CLICKED, ExitReason.TAG)
ENDS: Mapping[str, Callable[[], str]] = {
    "finished": lambda: _("It is finished: they have had everything."),
    STUCK: lambda: _("It stands still: no day lets the next mail through."),
    ExitReason.UNSUBSCRIBED.value: lambda: _("It ends: they unsubscribed."),
    ExitReason.STAFF.value: lambda: _("It ends: patients get no mails of sequences."),
    **{reason.value: lambda: _("The goal is reached: it ends here.") for reason in GOAL},
}

HANDED: Mapping[Hindrance, Callable[[], str]] = {
    Hindrance.NOT_PUBLISHED: lambda: _("it is not published: nobody begins it."),
    Hindrance.MAY_NOT: lambda: _("they may not be mailed by it: they do not begin it."),
    Hindrance.UNDER_WAY: lambda: _("they are in it already: they do not begin it again."),
    Hindrance.BEFORE: lambda: _("they were in it before: they do not begin it again."),
    Hindrance.TOO_SOON: lambda: _("they were in it not long ago: they do not begin it again yet."),
    Hindrance.ENTRY: lambda: _("its entry conditions do not hold for them: they do not begin it."),
    Hindrance.HELD_OUT: lambda: _("they are among those who get nothing, to compare."),
    Hindrance.PAUSED: lambda: _("it is paused: they wait in it until it is resumed."),
    Hindrance.ENOUGH: lambda: _("these sequences hand over to each other again and again: nobody looks further."),
}
HURDLES: Mapping[Hindrance, Callable[[], str]] = {
    Hindrance.PATIENT: lambda: _("they are a patient"),
    Hindrance.NO_CONSENT: lambda: _("they did not agree to be mailed, or do not any more"),
    Hindrance.SUPPRESSED: lambda: _("their address gets no mail"),
    Hindrance.DECLINED: lambda: _("they do not want mail about this"),
    Hindrance.UNDER_WAY: lambda: _("they are in it already"),
    Hindrance.BEFORE: lambda: _("they were in it before, and nobody begins it twice"),
    Hindrance.TOO_SOON: lambda: _("they were in it before, and may begin again from %(until)s"),
    Hindrance.ENTRY: lambda: _("an entry condition does not hold: only for people %(condition)s"),
    Hindrance.HELD_OUT: lambda: _("they are among those who get nothing, to compare"),
}
