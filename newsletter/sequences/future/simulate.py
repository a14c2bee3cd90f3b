"""What would become of somebody: a made-up reader or a real lead, by a draft or a version. Nothing is written.

`foresee` and `ahead` are the same play with another cast: one reader who does something, or many leads to whom nothing
happens. What the database knows of leads is read here, in one statement for all of them of each kind.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace
from datetime import datetime

from leads.models import Lead
from leads.people.models import LeadStatus
from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from leads.tags.models import Tagging
from newsletter.deliveries import lately
from newsletter.sequences import events, last_mail, over, repeating
from newsletter.sequences.almanac import Almanac, PublishedStep
from newsletter.sequences.arriving import first_due
from newsletter.sequences.entering import plan_of
from newsletter.sequences.future import beginning
from newsletter.sequences.future.happenings import Future
from newsletter.sequences.future.onward import Onward
from newsletter.sequences.future.play import Setting, play
from newsletter.sequences.future.script import Holds, Reader, Script
from newsletter.sequences.future.way import Place
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, SequenceState, SequenceVersion
from newsletter.sequences.plan.document import Condition, Event, Scarce, StepKind
from newsletter.sequences.repeating import Had
from newsletter.sequences.schedule import NeverOpen, zone_of
from newsletter.sequences.walk import Due

DRAFT = 0
"""The number under which an almanac is told of a draft."""

Coming = Callable[[Collection[int]], Mapping[int, tuple[datetime, ...]]]
"""When campaigns are yet to go to each of these leads."""


def foresee(reader: Reader, setting: Setting, script: Script, *, version_id: int = DRAFT) -> Future:
    """What this reader gets who enters at this moment and does these things."""
    zone = zone_of(reader.time_zone, setting.almanac.zone)
    way = _new_way(version_id, setting, script, reader)
    if way is None:
        return Future(zone, ())
    reader = replace(reader, campaigns=(*reader.campaigns, *script.campaigns))
    return play([way], reader, setting, now=script.begins, deeds=script.deeds)[way.id]


def foresee_lead(lead: Lead, setting: Setting, script: Script, *, version_id: int = DRAFT) -> Future:
    """The same for a real lead, beside whatever else they are in the middle of now."""
    others = _as_they_stand(under_way([lead.pk], but=script.of), setting, setting.now or script.begins)
    reader = _reader(lead, others, setting, script)
    way = _new_way(version_id, setting, script, reader, lead_id=lead.pk)
    if way is None:
        return Future(zone_of(lead.time_zone, setting.almanac.zone), ())
    now = setting.now or script.begins
    return play([way, *others], reader, setting, now=now, deeds=script.deeds)[way.id]


def foresee_way(way: Enrolment, setting: Setting, script: Script) -> Future:
    """How it goes on with somebody who is in it, from where they stand."""
    ways = [due(way), *under_way([way.lead_id], but=way.sequence_id)]
    mine, *others = _as_they_stand(ways, setting, script.begins)
    reader = _reader(way.lead, [mine, *others], setting, script)
    return play([mine, *others], reader, setting, now=script.begins, deeds=script.deeds)[mine.id]


def _reader(lead: Lead, rows: Many[Due], setting: Setting, script: Script) -> Reader:
    """A lead as they are, asked about at each moment anew."""
    known = readers([lead.pk], rows, setting, now=setting.now or script.begins)[lead.pk]
    return replace(
        known,
        time_zone=lead.time_zone,
        paused_until=lead.paused_until,
        is_patient=lead.status == LeadStatus.PATIENT,
        holds=asked_then(lead.pk),
        campaigns=script.campaigns,
        draws=script.draws,
        had_before={**known.had_before, **_had_of(script.of, lead, setting.now or script.begins)},
    )


def _had_of(sequence_id: int | None, lead: Lead, now: datetime) -> Mapping[int, Had]:
    return {sequence_id: repeating.had_before(sequence_id, [lead.pk], now).get(lead.pk, {})} if sequence_id else {}


def _new_way(version_id: int, setting: Setting, script: Script, reader: Reader, lead_id: int = 0) -> Due | None:
    """A way that begins; None where there is no step."""
    zone = zone_of(reader.time_zone, setting.almanac.zone)
    published = setting.almanac.published(version_id)
    is_asked_for = published.is_asked_for
    try:
        due_at = first_due(published, now=script.begins, zone=zone, is_asked_for=is_asked_for)
    except NeverOpen:
        due_at = script.begins
    if due_at is None:
        return None
    place = (0, version_id, 0, due_at, script.begins, lead_id)
    return Due(*place, reader.time_zone, reader.paused_until, reader.is_patient, is_asked_for=is_asked_for)


def ahead(
    rows: Many[Due], almanac: Almanac, *, now: datetime, until: datetime | None = None, explains: bool = True
) -> dict[int, Future]:
    """What becomes of each of these ways, by id, when nobody does anything; those of one lead are played together."""
    setting = replace(setting_of(almanac, now, {row.version_id for row in rows}), until=until, explains=explains)
    return play_all(rows, setting, now=now)


def play_all(
    rows: Many[Due], setting: Setting, *, now: datetime, coming: Coming = lambda _ids: {}
) -> dict[int, Future]:
    """The same within a setting that is known already."""
    mine: dict[int, list[Due]] = defaultdict(list)
    for row in _as_they_stand(rows, setting, now):
        mine[row.lead_id].append(row)
    cast, campaigns = readers(list(mine), rows, setting, now=now), coming(list(mine))
    found: dict[int, Future] = {}
    for lead_id, ways in mine.items():
        reader = replace(cast[lead_id], campaigns=campaigns.get(lead_id, ()))
        found |= play(ways, reader, setting, now=now)
    return found


def _as_they_stand(rows: Many[Due], setting: Setting, now: datetime) -> Many[Due]:
    """With what the engine finds out about each when it looks."""
    return last_mail.leaving_now(over.with_end(rows, setting.almanac), now)


def setting_of(almanac: Almanac, now: datetime, version_ids: Collection[int]) -> Setting:
    """The clinic as it is, the goals of these versions, and the sequences that they hand over to."""
    ahead = beginning.onward(almanac, version_ids)
    every = {*version_ids, *(one.version_id for one in ahead.values())}
    versions = SequenceVersion.objects.filter(pk__in=every).select_related("sequence")
    goals: dict[int, Event | None] = {version.pk: plan_of(version).goal for version in versions}
    places = {version.pk: place_of(version.sequence) for version in versions}
    keys = dict(Sequence.objects.values_list("key", "pk"))
    return Setting(almanac, lately.cap(), goals, places, ahead, keys, is_scarce=_Calls(), now=now)


def place_of(sequence: Sequence) -> Place:
    """Whom the engine takes first: the sequences of the higher priority."""
    return Place(-sequence.priority, sequence.pk)


def under_way(lead_ids: Collection[int], *, but: int | None = None) -> list[Due]:
    """The ways that these leads are on, as the engine would claim them; without those through one sequence."""
    ways = Enrolment.objects.filter(
        lead__in=lead_ids, state=EnrolmentState.ACTIVE, due_at__isnull=False, sequence__state=SequenceState.LIVE
    )
    return [due(way) for way in ways.exclude(sequence=but).select_related("lead").order_by("sequence_id", "pk")]


def due(way: Enrolment) -> Due:
    """A way, with its lead at hand, as the engine would claim it."""
    due_at = way.due_at or way.enrolled_at
    is_patient = way.lead.status == LeadStatus.PATIENT
    since, lead = way.since or due_at, way.lead
    place = (way.pk, way.version_id, way.next_position, due_at, since)
    return Due(*place, lead.pk, lead.time_zone, lead.paused_until, is_patient, way.occasion, way.is_asked_for)


def readers(lead_ids: Collection[int], rows: Many[Due], setting: Setting, *, now: datetime) -> Mapping[int, Reader]:
    """What is known of these leads that their ways may ask for."""
    tags: dict[int, dict[str, datetime]] = defaultdict(dict)
    for lead_id, name, at in Tagging.objects.filter(lead__in=lead_ids).values_list("lead_id", "tag__name", "at"):
        tags[lead_id][name] = at
    got = lately.of(lead_ids, setting.cap, now)
    held = _held(lead_ids, rows, setting, now)
    happened, ahead = _happened(rows, setting.almanac), setting.onward
    may = beginning.may_be_mailed(ahead.values(), lead_ids, now)
    once = [row.id for row in rows if not setting.almanac.published(row.version_id).repeats]
    had, before = repeating.had(once, now) if once else {}, _had_before(ahead, lead_ids, now)
    earlier = beginning.earlier(ahead, lead_ids, but=[row.id for row in rows])
    return {
        lead_id: Reader(
            tags=tags[lead_id],
            holds=_known(lead_id, held),
            lately=got[lead_id],
            happened=happened,
            earlier={one: earlier[lead_id, one] for one in ahead if (lead_id, one) in earlier},
            may_be_mailed=[one for one in ahead if lead_id in may.get(one, ())],
            had=had,
            had_before={one: known[lead_id] for one, known in before.items() if lead_id in known},
        )
        for lead_id in lead_ids
    }


def _had_before(
    ahead: Mapping[int, Onward], lead_ids: Collection[int], now: datetime
) -> Mapping[int, Mapping[int, Had]]:
    """By sequence and lead, the mails that would not come again with a way that begins."""
    once = [pk for pk, one in ahead.items() if not one.plan.repeats]
    return {pk: repeating.had_before(pk, lead_ids, now) for pk in once}


def _held(
    lead_ids: Collection[int], rows: Many[Due], setting: Setting, now: datetime
) -> Mapping[tuple[str, str, bool], Collection[int]]:
    """For whom each condition holds today that these ways can come to."""
    versions = {row.version_id for row in rows} | {one.version_id for one in setting.onward.values()}
    steps = [step for version_id in versions for step in setting.almanac.published(version_id).steps]
    asked = [step.condition for step in steps if step.condition is not None]
    asked += [condition for one in setting.onward.values() for condition in one.plan.entry]
    return {
        _name(condition): _fits(condition, lead_ids, now) for condition in {_name(one): one for one in asked}.values()
    }


def _fits(condition: Condition, lead_ids: Collection[int], now: datetime) -> Collection[int]:
    """As the engine does: what can no longer be asked holds for nobody."""
    try:
        held = segments.holds([condition], lead_ids, now)
    except Unanswerable:
        return frozenset()
    return {lead_id for lead_id, true in held.items() if true}


def _known(lead_id: int, held: Mapping[tuple[str, str, bool], Collection[int]]) -> Holds:
    return lambda condition, _at: lead_id in held.get(_name(condition), ())


def asked_then(lead_id: int) -> Holds:
    """What holds for this lead at a moment, as far as the passing of time alone decides: a question each time."""
    return lambda condition, at: lead_id in _fits(condition, [lead_id], at)


def _name(condition: Condition) -> tuple[str, str, bool]:
    return str(condition["name"]), str(condition.get("value", "")), bool(condition.get("not"))


def _happened(rows: Many[Due], almanac: Almanac) -> Collection[tuple[int, int]]:
    """Which of the ways that wait for something it has happened to already, by way and position."""
    alike: dict[tuple[int, int], tuple[PublishedStep, list[Due]]] = {}
    for row in rows:
        step = almanac.published(row.version_id).step_at(row.position)
        if step is not None and step.kind == StepKind.UNTIL:
            alike.setdefault((row.version_id, step.position), (step, []))[1].append(row)
    found: set[tuple[int, int]] = set()
    for step, same in alike.values():
        if step.event is not None:
            ways = events.happened(step.event, [(row.id, row.lead_id, row.since) for row in same])
            found |= {(way, step.position) for way in ways}
    return found


@dataclass(slots=True)
class _Calls:
    """Whether free calls are few, as the diary stands today; asked once for each moment."""

    _known: dict[tuple[Scarce, datetime], bool] = field(default_factory=dict)

    def __call__(self, scarce: Scarce, at: datetime) -> bool:
        key = (scarce, at)
        if key not in self._known:
            self._known[key] = events.is_scarce(scarce, at)
        return self._known[key]


class CallsByHours(_Calls):
    """The same, to the hour: many people ask at many moments."""

    def __call__(self, scarce: Scarce, at: datetime) -> bool:
        return super().__call__(scarce, at.replace(minute=0, second=0, microsecond=0))
