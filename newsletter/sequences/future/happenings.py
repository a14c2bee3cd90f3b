"""What a future is made of: what happens in it, and the whole of one way's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.sequences.almanac import PublishedStep
from newsletter.sequences.future.why import Reason

STUCK = "stuck"
"""The end of a way before a mail that no day lets through."""


class What(StrEnum):
    MAIL = "mail"
    NOT_AGAIN = "not_again"
    YES = "yes"
    NO = "no"
    TAG = "tag"
    NOTICE = "notice"
    HANDOVER = "handover"
    DEED = "deed"
    END = "end"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in a future. `why`: every reason why it is not earlier.

    `note`: the deed, why it ends, or why they do not begin the sequence that it hands over to.
    """

    at: datetime
    what: What
    step: PublishedStep | None = None
    why: tuple[Reason, ...] = ()
    is_in_other_words: bool = False
    note: str = ""

    @property
    def key(self) -> int | None:
        return self.step.key if self.step else None

    @property
    def variant_id(self) -> int | None:
        """The letter of the mail."""
        if self.step is None:
            return None
        return self.step.other_variant_id if self.is_in_other_words else self.step.variant_id


@dataclass(frozen=True, slots=True)
class Future:
    """What becomes of one way. `end` is empty while it is still under way when the looking stops.

    `looks` are all the moments at which the engine has something to do with it. `onward` are the ways that it handed
    over to, each in a sequence of its own: their numbers are
    below 0, in the order in which they begin.
    """

    zone: ZoneInfo
    happenings: tuple[Happening, ...]
    end: str = ""
    ended_at: datetime | None = None
    looks: tuple[datetime, ...] = ()
    way_id: int = 0
    version_id: int = 0
    sequence_id: int = 0
    onward: "tuple[Future, ...]" = ()

    @property
    def mails(self) -> tuple[Happening, ...]:
        return tuple(one for one in self.happenings if one.what == What.MAIL)

    def every(self) -> Iterator["Future"]:
        """The way itself, and all that it led to."""
        yield self
        for one in self.onward:
            yield from one.every()
