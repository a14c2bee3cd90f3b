"""The course that ships: on which days its letters leave; and which letter of how many a mail of a sequence is."""

from collections.abc import Callable

from newsletter.content.models import EmailKind, EmailTemplate

DAYS = (0, 2, 5, 8, 12, 16, 21)


def key(day: int) -> str:
    """The key of the letter of this day: the same for ever."""
    return f"course-{day}"


KEYS = tuple(key(day) for day in DAYS)
FOLLOW_UP = "course-follow-up"
"""The letter for who looked at the invitation and did not book; it has no place among the others."""
SIGNED = (*KEYS, FOLLOW_UP)
"""What goes out under the practitioner's name."""


Place = tuple[int, int]
"""Which letter of how many."""

Finder = Callable[[int], Place | None]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Name the function that knows the place of an email, by its id, in the sequence that mails it."""
    _finders.append(finder)


def place(email: EmailTemplate) -> Place | None:
    """Which letter of how many this is: as the sequence that mails it has it now, else as the course ships."""
    found = (finder(email.pk) for finder in _finders if email.kind == EmailKind.STEP)
    return next(filter(None, found), None) or place_as_shipped(email.key)


def place_as_shipped(email_key: str | None) -> Place | None:
    """The same before any sequence mails it; None for an email that is not of the course."""
    return (KEYS.index(email_key) + 1, len(KEYS)) if email_key in KEYS else None
