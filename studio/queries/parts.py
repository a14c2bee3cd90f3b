"""The parts that send, in words: which there are, and what each was last seen doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.health.sending import SILENT_AFTER
from newsletter.models import Heartbeat

NAMES: dict[str, Promise] = {
    "tick": _("The tick: begins what is due"),
    "sender:marketing": _("Senders of campaigns and the course"),
    "sender:transactional": _("Senders of confirmations, reminders and answers"),
}
DOING: dict[str, Promise] = {
    "": _("at work"),
    "working": _("at work"),
    "idle": _("nothing is due"),
    "held": _("kept from sending"),
    "cut off": _("waits for the mail server"),
    "limited": _("slowed down by a limit"),
    "failing": _("at work, but some of it fails"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """`state` colours the word: active or cancelled as a delivery's would be, silent where nobody knows."""

    name: str | Promise
    doing: str | Promise
    state: str
    at: datetime | None


def parts(seen: Sequence[Heartbeat], now: datetime) -> list[Part]:
    """Every part that should be at work, seen or not."""
    known = {part.name: part for part in seen}
    return [_part(name, known.get(key), now) for key, name in NAMES.items()]


def _part(name: Promise, seen: Heartbeat | None, now: datetime) -> Part:
    if seen is None or now - seen.at > SILENT_AFTER:
        return Part(name, _("silent"), "failed", seen.at if seen else None)
    at = min(seen.at, now)  # a beat between reading the clock and reading the parts is no beat in the future
    if seen.failing_since is not None:
        return Part(name, _("fails"), "failed", at)
    state = "active" if seen.doing in {"", "working", "idle"} else "paused"
    return Part(name, DOING.get(seen.doing, seen.doing), state, at)
