"""The course that ships: on which days its letters leave, and which letter of how many one is."""

DAYS = (0, 2, 5, 8, 12, 16, 21)


def key(day: int) -> str:
    """The key of the letter of this day: the same for ever."""
    return f"course-{day}"


KEYS = tuple(key(day) for day in DAYS)


def place(email_key: str | None) -> tuple[int, int] | None:
    """Which letter of how many; None for an email that is not of the course."""
    return (KEYS.index(email_key) + 1, len(KEYS)) if email_key in KEYS else None
