"""Words for where somebody is in the course, and the tone of each state's word: how its badge is coloured."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GOOD, NOTE, WAIT, ALERT = "good", "note", "wait", "alert"

TONES: dict[str, str] = {
    # calls and bookings
    "booked": GOOD,
    "attended": GOOD,
    "missed": ALERT,
    "not_suitable": WAIT,
    "cancelled": WAIT,
    "answered": GOOD,
    "no_answer": ALERT,
    # deliveries
    "planned": WAIT,
    "waiting": WAIT,
    "submitted": NOTE,
    "delivered": GOOD,
    "refused": ALERT,
    "failed": ALERT,
    "expired": WAIT,
    "closed": ALERT,
    "uncertain": ALERT,
    "bounced": ALERT,
    "complained": ALERT,
    "unsubscribed": WAIT,
    # sequences and campaigns
    "live": GOOD,
    "active": GOOD,
    "paused": ALERT,
    "finished": GOOD,
    "exited": WAIT,
    "draft": WAIT,
    "scheduled": NOTE,
    "sending": NOTE,
    # people
    "lead": NOTE,
    "patient": GOOD,
    "agreed": GOOD,
    "asked": WAIT,
    "left": WAIT,
    "unreachable": ALERT,
    "none": WAIT,
    "open": ALERT,
    "erased": WAIT,
    # clicks
    "person": GOOD,
    "scanner": WAIT,
    "unknown": WAIT,
}


COURSE: dict[str, Promise] = {
    "paused": _("Course paused"),
    "finished": _("Finished the course"),
    "exited": _("Left the course"),
}


PRESETS: dict[str, Promise] = {
    "plain-letter": _("A few words from you, as to one person. The one that people answer."),
    "clinic-news": _("One or two things that are new, such as hours or a colleague."),
    "newsletter": _("Something to read, something to do, and what is new, once a month."),
    "event": _("An invitation: what, when, where, and how to say yes."),
    "seasonal-tip": _("One small thing that helps at this time of the year."),
}
"""What a campaign's presets are for, by their keys."""


def tone(state: str) -> str:
    """The tone of a state; a tone may also be named directly."""
    return TONES.get(state, state if state in {GOOD, NOTE, WAIT, ALERT} else WAIT)
