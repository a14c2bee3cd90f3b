"""The figures of a sequence, of all its versions or of one. Each is a count of rows; none is kept.

A way counts for the version that it is in: who was moved to another one counts there with all that they got. A step
is known by its key, which it has in every version.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from newsletter.sequences.models import EnrolmentState, Sequence, SequenceVersion
from newsletter.sequences.report import statements

ENOUGH_FOR_SPANS = 4_000
"""Of more ways the time from mail to mail is reckoned from an even share of them."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Ways that are alike. `after` is the step whose mail was planned last, of who left; `place` where they wait."""

    version_id: int
    state: str
    reason: str
    after: int | None
    place: int | None
    ways: int
    moved: int
    first_due_at: datetime | None
    last_due_at: datetime | None
    overdue: int


@dataclass(frozen=True, slots=True)
class Brought:
    """What the mail of one step led to, in ways; `not_mailed` was planned and has not left, or never will.

    `too_late` of these it never will: they did not leave in time, and the ways went on.
    """

    planned: int = 0
    mailed: int = 0
    clicked: int = 0
    booked: int = 0
    too_late: int = 0

    @property
    def not_mailed(self) -> int:
        return self.planned - self.mailed


@dataclass(frozen=True, slots=True)
class Span:
    """How long a step's mail went after the way's mail before it, or after its beginning: of so many ways."""

    ways: int
    quarter: timedelta
    half: timedelta
    three_quarters: timedelta


@dataclass(frozen=True, slots=True)
class Course:
    """How the ways of a sequence went: each that entered is under way, paused, finished or left.

    Who was held out did not enter, and is counted beside.

    `mails` are what the mails of each step brought, by its key; `clicked` and `booked` count a way once, whichever mail
    it was.
    """

    people: int
    held_out_people: int
    alike: list[Alike]
    mails: Mapping[int, Brought] = field(default_factory=dict)
    clicked: int = 0
    booked: int = 0

    @property
    def entered(self) -> int:
        return sum(some.ways for some in self.alike) - self.held_out

    @property
    def mailed(self) -> int:
        """How many mails left."""
        return sum(one.mailed for one in self.mails.values())

    @property
    def under_way(self) -> int:
        return self.count(EnrolmentState.ACTIVE)

    @property
    def paused(self) -> int:
        return self.count(EnrolmentState.PAUSED)

    @property
    def finished(self) -> int:
        return self.count(EnrolmentState.FINISHED)

    @property
    def left(self) -> int:
        return self.count(EnrolmentState.EXITED)

    @property
    def held_out(self) -> int:
        return self.count(EnrolmentState.HELD_OUT)

    @property
    def moved(self) -> int:
        """How many of those who got in began in an earlier version and were moved."""
        return sum(some.moved for some in self.alike if some.state != EnrolmentState.HELD_OUT)

    def count(self, state: EnrolmentState) -> int:
        return sum(some.ways for some in self.alike if some.state == state)


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything that was counted of a sequence, by version. A way is in one version, so that versions add up."""

    people: Mapping[int | None, tuple[int, int]]
    alike: list[Alike]
    mails: list[tuple[int, int, int, int, int]]
    clicked: list[tuple[int, int | None, int]]
    booked: list[tuple[int, int | None, int]]

    def course(self, version: SequenceVersion | None = None) -> Course:
        """How it goes in one version, or in all that were counted."""
        clicked, booked = self._by_step(self.clicked, version), self._by_step(self.booked, version)
        planned, mailed, late = (self._by_step([(*row[:2], row[n]) for row in self.mails], version) for n in (2, 3, 4))
        return Course(
            *self.people.get(version.pk if version else None, (0, 0)),
            [some for some in self.alike if version is None or some.version_id == version.pk],
            {
                key: Brought(planned[key], mailed[key], clicked[key], booked[key], late[key])
                for key in planned
                if key is not None
            },
            clicked[None],
            booked[None],
        )

    def _by_step(
        self, rows: Iterable[tuple[int, int | None, int]], version: SequenceVersion | None
    ) -> Counter[int | None]:
        found: Counter[int | None] = Counter()
        for of, key, count in rows:
            if version is None or of == version.pk:
                found[key] += count
        return found


def count(sequence: Sequence, versions: Collection[SequenceVersion] = (), *, now: datetime) -> Counted:
    """How this sequence goes, all of it or these versions, in four questions, however many people it is about."""
    only = [version.pk for version in versions] or None

    def rows(statement: str) -> list[Any]:
        return _rows(statement, sequence, only, now=now)

    came_back = rows(statements.CAME_BACK)
    return Counted(
        {version: (people, held_out) for version, people, held_out in rows(statements.PEOPLE)},
        [Alike(*row) for row in rows(statements.ALIKE)],
        rows(statements.MAILS),
        *([tuple(row) for what, *row in came_back if what == wanted] for wanted in ("clicked", "booked")),
    )


def spans(sequence: Sequence, version: SequenceVersion | None = None, *, every: int = 1) -> dict[int, Span]:
    """The time from mail to mail by the step's key, of each way whose number `every` divides."""
    return {
        key: Span(ways, *lengths)
        for key, ways, lengths in _rows(statements.SPANS, sequence, [version.pk] if version else None, every=every)
    }


def share_for_spans(of: Course) -> int:
    """Every which way is looked at for the time from mail to mail; 1 for all of them."""
    return max(1, of.entered // ENOUGH_FOR_SPANS)


def _rows(sql: str, sequence: Sequence, versions: list[int] | None, **further: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"sequence": sequence.pk, "versions": versions, **further})
        return cursor.fetchall()
