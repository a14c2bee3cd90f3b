"""A difference between two shares, in words that need no sign."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from newsletter.sequences.report.difference import Difference, Says

SAYS = {
    Says.MORE: lambda: _("More, and hardly by chance"),
    Says.FEWER: lambda: _("Fewer, and hardly by chance"),
    Says.OPEN: lambda: _("May be chance"),
    Says.TOO_FEW: lambda: _("Too few to say"),
    Says.NOBODY: lambda: _("Nobody to compare"),
}
MAILS = {
    Says.MORE: lambda: _("The mails bring bookings."),
    Says.FEWER: lambda: _("With the mails fewer book than without."),
    Says.OPEN: lambda: _("It cannot be told yet whether the mails bring bookings."),
    Says.TOO_FEW: lambda: _("Too few have booked to say anything."),
    Says.NOBODY: lambda: _("Nobody to compare yet: on one side there is no one."),
}


def verdict(of: Difference) -> str:
    """What may be said of the second beside the first."""
    return SAYS[of.says]()


def bounds(of: Difference) -> str:
    """By how many of a hundred, and between what that lies; nothing where there is nobody to compare."""
    if of.says == Says.NOBODY:
        return ""
    by, low, high = map(_of_a_hundred, of.points)
    return _("%(by)s in 100; in truth between %(low)s and %(high)s") % {"by": by, "low": low, "high": high}


def brought(of: Difference) -> str:
    """What the mails bring, in a sentence."""
    return MAILS[of.says]()


def _of_a_hundred(points: float) -> str:
    said = number_format(abs(points), 1)
    return _("%(n)s fewer") % {"n": said} if points < 0 else _("%(n)s more") % {"n": said}
