"""The tone of each state's word: how a badge is coloured. The word itself always stands there too."""

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


def tone(state: str) -> str:
    """The tone of a state; a tone may also be named directly."""
    return TONES.get(state, state if state in {GOOD, NOTE, WAIT, ALERT} else WAIT)
