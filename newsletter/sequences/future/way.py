"""One way in a future that is played: where it stands, what happened on it, and why nothing happened earlier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from newsletter.sequences.almanac import Almanac, Published, PublishedStep
from newsletter.sequences.future import why
from newsletter.sequences.future.happenings import Future, Happening, What
from newsletter.sequences.future.why import Reason, Why
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.schedule import NeverOpen, zone_of
from newsletter.sequences.walk import Due, Move, is_drawn

DONE = {
    StepKind.EMAIL: What.NOT_AGAIN,
    StepKind.TAG: What.TAG,
    StepKind.NOTIFY: What.NOTICE,
    StepKind.HANDOVER: What.HANDOVER,
}


class Place(NamedTuple):
    """Where a sequence stands among the others when a person is due in several: the smaller is looked at first."""

    waits: int = 0
    sequence_id: int = 0


class Way:
    """One way as it stands, and what happened on it so far."""

    def __init__(self, row: Due, almanac: Almanac, place: Place, *, explains: bool) -> None:
        self.row, self.place, self.explains = row, place, explains
        self.published: Published = almanac.published(row.version_id)
        self.zone = zone_of(row.time_zone, almanac.zone)
        self.happenings: list[Happening] = []
        self.looks: list[datetime] = []
        self.end = ""
        self.ended_at: datetime | None = None
        self.why: list[Reason] = []
        self.onward: list[Way] = []
        self._explain(self._arrived(row.position, row.since))

    @property
    def is_under_way(self) -> bool:
        return not self.end

    def future(self) -> Future:
        ids = (self.row.id, self.row.version_id, self.place.sequence_id)
        onward = tuple(way.future() for way in self.onward)
        end = (self.end, self.ended_at, tuple(self.looks))
        return Future(self.zone, tuple(self.happenings), *end, *ids, onward)

    def note(self, at: datetime, what: What, step: PublishedStep | None = None, *, note: str = "") -> None:
        self.happenings.append(Happening(at, what, step, note=note))

    def finish(self, at: datetime, end: str) -> None:
        self.end, self.ended_at = end, at
        self.happenings.append(Happening(at, What.END, why=tuple(self.why), note=end))

    def take_back(self, mail: PublishedStep) -> None:
        """What the way did in this look ended it: the mail that it planned does not leave."""
        self.happenings = [one for one in self.happenings if one.what != What.MAIL or one.step is not mail]

    def does_not_begin(self, step: PublishedStep, why: str) -> None:
        """Say at the last handing over by this step why nothing comes of it."""
        last = next(
            at for at, one in reversed([*enumerate(self.happenings)]) if one.what == What.HANDOVER and one.step is step
        )
        self.happenings[last] = replace(self.happenings[last], note=why)

    def knock(self, at: datetime) -> None:
        """As events.knock: who stands before an `until` is looked at at once."""
        step = self.published.step_at(self.row.position)
        if self.is_under_way and step is not None and step.kind == StepKind.UNTIL and self.row.due_at > at:
            self.row = replace(self.row, due_at=at)

    def go(self, move: Move, passed: Sequence[tuple[PublishedStep, bool | None]], at: datetime) -> None:
        """Stand where the move says, and write down what it did on the way."""
        self.looks.append(at)
        for step, is_so in passed:
            self._pass(step, at, is_so=is_so)
        if move.step is not None:
            mail = Happening(at, What.MAIL, move.step, tuple(self.why), move.is_in_other_words)
            self.happenings.append(mail)
            self.why = []
        if move.state == EnrolmentState.ACTIVE and move.due_at is not None:
            before, self.row = self.row, replace(self.row, position=move.position, due_at=move.due_at, since=move.since)
            if (before.position, before.since) != (move.position, move.since):
                self._explain(self._arrived(move.position, move.since))
        else:
            self.finish(at, str(move.reason) or move.state.value)

    def hold(self, reasons: Sequence[Reason]) -> None:
        self._explain(reasons)

    def held(self, move: Move, at: datetime, *, is_scarce: bool) -> Iterator[Reason]:
        """Why a mail that had its time is put off: the person's pause, too few calls, else the window."""
        step = self.published.step_at(move.position)
        if step is None or step.kind != StepKind.EMAIL or move.due_at is None:
            return
        paused_until = self.row.paused_until
        if paused_until is not None and paused_until > at:
            yield Reason(Why.PAUSED, move.due_at)
        elif is_scarce:
            yield Reason(Why.FEW_CALLS, move.due_at)
        else:
            yield from why.of_window(at, step.wait, self.published.calendar_of(step), self.zone)

    def _arrived(self, position: int, since: datetime) -> tuple[Reason, ...]:
        step = self.published.step_at(position)
        if not self.explains or step is None:
            return ()
        if self.published.is_welcome(step, is_asked_for=self.row.is_asked_for, since=since, now=since):
            return ()
        try:
            return why.of_arrival(step, self.published, since, self.zone)
        except NeverOpen:
            return ()

    def _explain(self, reasons: Sequence[Reason]) -> None:
        """One reason may hold day after day: then it is told once, with its last moment."""
        for reason in reasons:
            if self.why and self.why[-1].kind == reason.kind and reason.kind in (Why.PAUSED, Why.FEW_CALLS, Why.CAP):
                self.why.pop()
            self.why.append(reason)

    def _pass(self, step: PublishedStep, at: datetime, *, is_so: bool | None) -> None:
        if is_so is not None:
            waited = tuple(self.why) if step.kind == StepKind.UNTIL and not is_so else ()
            self.happenings.append(Happening(at, What.YES if is_so else What.NO, step, waited))
            self.why = [] if step.kind == StepKind.UNTIL else self.why
        elif step.kind in DONE:
            self.note(at, DONE[step.kind], step)
            self.why = [] if step.kind == StepKind.EMAIL else self.why


def passed(
    way: Way, move: Move, answers: Mapping[tuple[int, int], bool]
) -> Iterator[tuple[PublishedStep, bool | None]]:
    """The steps between where the way stood and where it stands now, or the mail; of branches which one it took."""
    position = way.row.position
    stop = move.step.position if move.step else move.position
    while (step := way.published.step_at(position)) is not None and step.position != stop:
        if step.kind == StepKind.END:
            return
        is_so = _took(way.row, step, answers)
        yield step, is_so
        position = step.after if is_so is None else step.yes if is_so else step.no


def _took(row: Due, step: PublishedStep, answers: Mapping[tuple[int, int], bool]) -> bool | None:
    if step.kind in (StepKind.UNTIL, StepKind.SPLIT):
        return bool(answers.get((row.id, step.position)))
    if step.kind == StepKind.LOT:
        known = answers.get((row.id, step.position))
        return is_drawn(row.id, step.key, step.share) if known is None else known
    return None
