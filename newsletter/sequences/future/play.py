"""One person's ways through sequences, played forward by the functions that the engine runs by. Pure: writes nothing.

The engine looks at a way when it is due, or at once when something happens that it may wait for. So does this, at
exactly those moments, with `walk.decide` and `room.make_room` as they are; what only the database can tell comes from
the reader and from what they did so far. Each mail is taken to leave when it is planned. A way that hands over to
another sequence is followed into it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from newsletter.deliveries.lately import Cap, Lately
from newsletter.sequences.almanac import Almanac, PublishedStep
from newsletter.sequences.arriving import arrival, first_due
from newsletter.sequences.future import courses, why
from newsletter.sequences.future.happenings import STUCK, Future, What
from newsletter.sequences.future.onward import MOST, WAITS, Earlier, Hindrance, Onward, of_rule
from newsletter.sequences.future.script import Act, Deed, Done, Past, Reader, name_of
from newsletter.sequences.future.way import Place, Way, passed
from newsletter.sequences.models import ExitReason
from newsletter.sequences.plan.document import Condition, Event, EventKind, Scarce, StepKind
from newsletter.sequences.repeating import SO_LONG, Had
from newsletter.sequences.room import make_room
from newsletter.sequences.schedule import NeverOpen
from newsletter.sequences.walk import Due, Move, Question, decide, is_drawn

FAR = timedelta(days=3 * 365)
"""As far as anybody looks; a plan of a hundred steps may take longer, and nobody believes a calendar that long."""
NO_PLACE = Place()


def _never(_scarce: Scarce, _at: datetime) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for everybody: the versions, the cap, free calls, the goals by version, and how far to look.

    `places` say by version which sequence it is of and whom the engine takes first, `onward` by sequence what can be
    handed over to; `keys` are the names of all sequences. Without `explains` no reasons are looked for: they cost more
    than the playing.
    """

    almanac: Almanac
    cap: Cap
    goals: Mapping[int, Event | None] = field(default_factory=dict)
    places: Mapping[int, Place] = field(default_factory=dict)
    onward: Mapping[int, Onward] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    is_scarce: Callable[[Scarce, datetime], bool] = _never
    now: datetime | None = None
    until: datetime | None = None
    explains: bool = True


def play(
    rows: Sequence[Due], reader: Reader, setting: Setting, *, now: datetime, deeds: Sequence[Deed] = ()
) -> dict[int, Future]:
    """What becomes of these ways of one person, by their ids; the deeds belong to the first of them.

    Where several are due at the same moment they are looked at as the engine does: by the sequences' places, then who
    has been due for longer, then in the order in which they come.
    """
    player = _Player(rows, reader, setting, now, deeds)
    player.run()
    return {way.row.id: way.future() for way in player.ways[: len(rows)]}


class _Player:
    def __init__(
        self, rows: Sequence[Due], reader: Reader, setting: Setting, now: datetime, deeds: Sequence[Deed]
    ) -> None:
        self.reader, self.setting, self.clock = reader, setting, now.astimezone(UTC)
        self.until = setting.until or self.clock + FAR
        self.ways = [self._way(_in_utc(row)) for row in rows]
        self.given = len(rows)
        self.new = [(way.place.sequence_id, way.row.occasion) for way in self.ways if way.row.id <= 0]
        self.waiting: dict[int, Hindrance] = {}
        self.past = Past(dict(reader.tags))
        self.mails: list[datetime] = []
        self.deeds = deeds
        begins = max([self.clock, *(way.row.since for way in self.ways[:1])])
        self.to_do = [(begins + deed.delay, deed) for deed in deeds if deed.after is None]

    def run(self) -> None:
        while (moment := self._next()) is not None and moment < self.until:
            self.clock = max(self.clock, moment)
            for deed in self._due_deeds():
                self._do(deed)
            for way in sorted(self.ways, key=lambda one: (one.place, one.row.due_at)):
                if way.is_under_way and way.row.due_at <= self.clock:
                    self._look(way)

    def _way(self, row: Due) -> Way:
        place = self.setting.places.get(row.version_id, NO_PLACE)
        return Way(row, self.setting.almanac, place, explains=self.setting.explains)

    def _next(self) -> datetime | None:
        looks = [way.row.due_at for way in self.ways if way.is_under_way]
        return min([*looks, *(at for at, _deed in self.to_do)], default=None) if looks else None

    def _due_deeds(self) -> list[Deed]:
        due = [deed for at, deed in self.to_do if at <= self.clock]
        self.to_do = [(at, deed) for at, deed in self.to_do if at > self.clock]
        return due

    def _look(self, way: Way) -> None:
        now, answers = self.clock, self._lots(way)
        try:
            move = self._decided(way, answers)
            roomy = self._with_room(move)
        except NeverOpen:
            way.finish(now, STUCK)
            return
        way.go(roomy, list(passed(way, roomy, answers)), now)
        if roomy.step is None and way.is_under_way and self.setting.explains:
            self._explain(way, move, roomy, answers)
        ended_before = way.end
        self._carry_out(way, roomy)
        if roomy.step is not None and way.end != ended_before:
            way.take_back(roomy.step)
        elif roomy.step is not None:
            self._mailed(way, roomy.step)

    def _decided(self, way: Way, answers: dict[tuple[int, int], bool]) -> Move:
        row = way.row if way.published.repeats else replace(way.row, had=self._had(way))
        while isinstance(found := decide(row, self.setting.almanac, answers, now=self.clock), Question):
            answers[row.id, found.step.position] = self._answer(found)
        return found

    def _answer(self, asked: Question) -> bool:
        step = asked.step
        if step.kind == StepKind.UNTIL and step.event is not None:
            is_known = (asked.row.id, step.position) in self.reader.happened
            return is_known or self.past.has_happened(step.event, asked.row.id, asked.since)
        if step.kind == StepKind.SPLIT:
            return step.condition is not None and self._holds(step.condition)
        return step.scarce is not None and self.setting.is_scarce(step.scarce, self.clock)

    def _holds(self, condition: Condition) -> bool:
        """As far as this future decides it; else as it was before."""
        sequence_id = self.setting.keys.get(str(condition.get("value", "")))
        waiting = [one for one, why_not in self.waiting.items() if why_not == Hindrance.PAUSED]
        found = courses.known(str(condition["name"]), sequence_id, self.ways, waiting)
        if found is None:
            return self.past.condition(condition, self.clock, self.reader.holds)
        return found != bool(condition.get("not"))

    def _lots(self, way: Way) -> dict[tuple[int, int], bool]:
        if self.reader.draws is None or way.row.id > 0:
            return {}
        lots = (step.position for step in way.published.steps if step.kind == StepKind.LOT)
        return {(way.row.id, position): self.reader.draws for position in lots}

    def _had(self, way: Way) -> Had:
        """The mails that an earlier way through the same sequence brought, from before or in this future."""
        if way.row.id > 0:
            return self.reader.had.get(way.row.id, {})
        sequence_id = way.place.sequence_id
        others = [one for one in self.ways if one is not way and one.place.sequence_id == sequence_id]
        mails = [one for other in others for one in other.happenings if one.what == What.MAIL and one.step]
        came = {one.step.key: one.at + SO_LONG for one in mails if one.step}
        return {**self.reader.had_before.get(sequence_id, {}), **came}

    def _with_room(self, move: Move) -> Move:
        return make_room(move, self._lately(), self.setting.cap, self.setting.almanac, now=self.clock)

    def _lately(self) -> Lately:
        since, before = self.clock - self.setting.cap.span, self.reader.lately
        to_come = [at for at in self.reader.campaigns if since < at <= self.clock]
        counted = [at for at in (*before.moments, *self.mails) if since < at]
        return Lately(counted + to_come, before.campaigns + to_come)

    def _explain(self, way: Way, move: Move, roomy: Move, answers: Mapping[tuple[int, int], bool]) -> None:
        """Why the way stands before a mail that it would have got."""
        if roomy is not move:
            got, cap = self._lately(), self.setting.cap
            way.hold(why.of_room(move, got, cap, self.setting.almanac, now=self.clock))
            return
        step = way.published.step_at(move.position)
        if step is not None and move.due_at != arrival(step, way.published, move.since, way.zone):
            way.hold(list(way.held(move, self.clock, is_scarce=bool(answers.get((way.row.id, step.position))))))

    def _mailed(self, way: Way, step: PublishedStep) -> None:
        self.mails.append(self.clock)
        if way is self.ways[0]:
            self.to_do += [(self.clock + deed.delay, deed) for deed in self.deeds if deed.after == step.key]

    def _carry_out(self, way: Way, move: Move) -> None:
        """The tags that the way puts on are events like others."""
        for step in move.effects:
            if step.kind == StepKind.HANDOVER:
                self._hand_over(way, step)
            elif step.kind == StepKind.TAG and step.adds:
                self._tag(step.tag)
            elif step.kind == StepKind.TAG:
                self.past.tags.pop(name_of(step.tag), None)

    def _do(self, deed: Deed) -> None:
        way = self.ways[0]
        if way.is_under_way:
            way.note(self.clock, What.DEED, note=deed.act.value)
        if deed.act == Act.TAG:
            self._tag(deed.value)
        elif deed.act == Act.CLICKED:
            self.past.clicks.append((way.row.id, deed.after or 0, self.clock))
            self._happened(Event(EventKind.CLICKED, str(deed.after or "")), only=way)
        elif deed.act == Act.UNSUBSCRIBED:
            self._end(self.ways, ExitReason.UNSUBSCRIBED)
        else:
            answered = way.row.id if deed.act == Act.REPLIED and deed.after is not None else None
            self.past.acts.append(Done(deed.act, self.clock, deed.value, answered))
            self._happened(Event(EventKind(deed.act.value), deed.value))

    def _hand_over(self, way: Way, step: PublishedStep) -> None:
        """As `effects` and `entering` do: who may begins the other sequence at once."""
        onward = self.setting.onward.get(step.sequence or 0)
        hindrance = self._hindrance(onward, way.row.occasion)
        if hindrance is not None:
            way.does_not_begin(step, hindrance)
        if onward is None or not (hindrance is None or hindrance in WAITS):
            return
        about = onward.plan.about(way.row.occasion)
        self.new.append((onward.sequence_id, about))
        if hindrance is not None:
            self.waiting[onward.sequence_id] = hindrance
            return
        published = self.setting.almanac.published(onward.version_id)
        due_at = first_due(published, now=self.clock, zone=way.zone, is_asked_for=False)
        if due_at is not None:
            row = replace(way.row, id=-len(self.new), version_id=onward.version_id, position=0, occasion=about)
            begun = self._way(replace(row, due_at=due_at, since=self.clock, is_asked_for=False))
            way.onward.append(begun)
            self.ways.append(begun)

    def _hindrance(self, onward: Onward | None, occasion: int) -> Hindrance | None:
        if onward is None:
            return Hindrance.NOT_PUBLISHED
        if len(self.ways) >= self.given + MOST:
            return Hindrance.ENOUGH
        if self.reader.may_be_mailed is not None and onward.sequence_id not in self.reader.may_be_mailed:
            return Hindrance.MAY_NOT
        hurdle = of_rule(onward.plan, self._earlier(onward.sequence_id), self.clock, occasion=occasion)
        return hurdle.kind if hurdle is not None else self._hindrance_inside(onward)

    def _hindrance_inside(self, onward: Onward) -> Hindrance | None:
        """For somebody who may be mailed and may come, once or again."""
        if not all(self._holds(one) for one in onward.plan.entry):
            return Hindrance.ENTRY
        lead_id = self.ways[0].row.lead_id
        if lead_id and is_drawn(lead_id, onward.sequence_id, onward.plan.holdout):
            return Hindrance.HELD_OUT
        return Hindrance.PAUSED if onward.is_paused else None

    def _earlier(self, sequence_id: int) -> Earlier:
        """Their ways through it until now: those from before, those that are played, and what has begun since."""
        known = self.reader.earlier.get(sequence_id, Earlier())
        begun = [about for one, about in self.new if one == sequence_id]
        played = [way for way in self.ways if way.place.sequence_id == sequence_id]
        is_inside = known.is_under_way or sequence_id in self.waiting or any(way.is_under_way for way in played)
        lasts = [known.last, *(way.ended_at for way in played)]
        last = max((at for at in lasts if at is not None), default=None)
        return Earlier(known.every + len(begun), known.occasions.union(begun), is_inside, last)

    def _tag(self, name: str) -> None:
        """Who has it keeps the tagging they had, and nothing happens."""
        if name_of(name) not in self.past.tags:
            self.past.tags[name_of(name)] = self.clock
            self._happened(Event(EventKind.TAG, name_of(name)))

    def _happened(self, event: Event, only: Way | None = None) -> None:
        concerned = self.ways if only is None else [only]
        goals = [(way, self.setting.goals.get(way.row.version_id)) for way in concerned]
        self._end([way for way, goal in goals if goal is not None and goal.is_reached_by(event)], event.kind)
        for way in self.ways:
            way.knock(self.clock)

    def _end(self, ways: Sequence[Way], reason: str) -> None:
        for way in ways:
            if way.is_under_way:
                way.finish(self.clock, reason)


def _in_utc(row: Due) -> Due:
    """As the engine has it: by the clock of a zone, a day is no hours more or less when the clocks change."""
    return replace(row, due_at=row.due_at.astimezone(UTC), since=row.since.astimezone(UTC))
