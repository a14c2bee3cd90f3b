"""What somebody would get, in words: a calendar with every reason why nothing in it is earlier."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic import days_off
from clinic import queries as clinic
from clinic.days_off import DaysOff
from leads.models import Lead
from leads.segments import queries as segments
from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import publishing
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import beginning, simulate
from newsletter.sequences.future.happenings import Future, Happening, What
from newsletter.sequences.future.onward import Hindrance, Hurdle
from newsletter.sequences.future.script import Act, Reader, Script, said
from newsletter.sequences.future.why import Reason, Why
from newsletter.sequences.models import EnrolmentState, SequenceVersion
from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Condition, Hours, Plan, Step, StepKind
from newsletter.sequences.plan.words import Names
from studio.queries import going_out
from studio.queries.foreseen_words import DEEDS, ENDS, HANDED, HURDLES, REASONS

DRAFT, PUBLISHED = "draft", "published"


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who is tried: a lead, else somebody of whom these things are true. `is_real`: where days are days."""

    lead: Lead | None = None
    zone: str = ""
    paused_until: datetime | None = None
    true: Many[Condition] = ()
    draws: bool = True
    is_real: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the calendar, by the reader's clock. `email` is the mail that it opens, if it is one.

    `of` is the sequence that it belongs to, where that is another one than the one that is tried. `is_newer`: other
    words of the mail are saved than those that leave.
    """

    at: datetime
    kind: str
    words: str
    reasons: list[str]
    email: int | None = None
    of: str = ""
    is_newer: bool = False

    @property
    def at_said(self) -> str:
        """Tue 3 Mar 2027, 09:30 EST; to the second where it is not at a whole minute."""
        clock = "H:i:s" if self.at.second else "H:i"
        return f"{date_format(self.at, f'D j M Y, {clock}')} {self.at.tzname()}"


@dataclass(frozen=True, slots=True)
class Foreseen:
    zone: ZoneInfo
    entries: list[Entry]
    mails: int
    is_open: bool
    """Whether they were still on their way where the looking stopped."""


def plans(sequence: Sequence) -> Mapping[str, Plan]:
    """What can be tried: the draft, where something is written or nothing is published, and what people enter by."""
    found: dict[str, Plan] = {}
    if sequence.draft is not None or sequence.published is None:
        found[DRAFT] = publishing.draft(sequence)
    if sequence.published is not None:
        found[PUBLISHED] = publishing.as_published(sequence.published)
    return found


def chosen(found: Mapping[str, Plan], name: str) -> Plan:
    """The plan of this name, else the first there is."""
    return found[name] if name in found else next(iter(found.values()))


def mails(plan: Plan, names: Names) -> Mapping[int, str]:
    """The plan's mails by their steps, as a menu calls them."""
    return {step.key: names.emails.get(step.email or 0) or _("a mail that is not written yet") for step in plan.emails}


def way_of(sequence: Sequence, lead: Lead | None) -> Enrolment | None:
    """The way that this lead is on through this sequence, with the lead at hand."""
    if lead is None:
        return None
    active = Enrolment.objects.filter(sequence=sequence, lead=lead, state=EnrolmentState.ACTIVE, due_at__isnull=False)
    return active.select_related("lead").order_by("-pk").first()


def go_on(way: Enrolment, script: Script) -> Future:
    """How it goes on with somebody who is in the middle of it."""
    setting = simulate.setting_of(Almanac(), script.begins, _versions(way.lead))
    return simulate.foresee_way(way, setting, script)


def foresee(sequence: Sequence, plan: Plan, somebody: Somebody, script: Script, now: datetime) -> Future:
    """What they get who begin by this plan of it at this moment and do this."""
    almanac = Almanac(is_real=somebody.is_real)
    almanac.suppose(simulate.DRAFT, almanac.plan(plan, publishing.letters(plan)))
    setting = simulate.setting_of(almanac, now, [simulate.DRAFT, *_versions(somebody.lead)])
    goals = {**setting.goals, simulate.DRAFT: plan.goal}
    places = {**setting.places, simulate.DRAFT: simulate.place_of(sequence)}
    setting = replace(setting, goals=goals, places=places, cap=_cap(somebody))
    if somebody.lead is not None:
        return simulate.foresee_lead(somebody.lead, setting, script)
    return simulate.foresee(_reader(somebody, script.begins), setting, script)


def conditions(plan: Plan) -> Many[Condition]:
    """What is asked about people by this plan, and by those that it leads to: each thing once, never its opposite."""
    almanac = Almanac()
    almanac.suppose(simulate.DRAFT, almanac.plan(plan, {}))
    ahead = beginning.onward(almanac, [simulate.DRAFT]).values()
    steps = [step for one in (plan, *(one.plan for one in ahead)) for step in one.every()]
    asked = [step.condition for step in steps if step.condition is not None]
    asked += [condition for one in ahead for condition in one.plan.entry]
    plain = [{**condition, "not": False} for condition in asked]
    return list({(one.get("name"), one.get("value")): one for one in plain}.values())


def hurdles(sequence: Sequence, plan: Plan, lead: Lead, now: datetime) -> list[str]:
    """In words, everything for which this lead would not begin this plan now, or would get nothing by it."""
    return [_hurdle(one) for one in beginning.hurdles(sequence, plan, lead, now)]


def told(found: Future, plan: Plan) -> Foreseen:
    """The same in words, with all that it leads to: one calendar."""
    setting = _setting()
    entries = _entries(found, _Teller(found.zone, plan, going_out.names(plan), setting))
    others = [one for one in found.every() if one is not found]
    versions = SequenceVersion.objects.select_related("sequence").in_bulk([one.version_id for one in others])
    for one in others:
        version = versions[one.version_id]
        said = publishing.as_published(version)
        teller = _Teller(one.zone, said, going_out.names(said), setting, of=version.sequence.name)
        entries += _entries(one, teller)
    mails = sum(len(one.mails) for one in found.every())
    is_open = any(not one.end for one in found.every())
    return Foreseen(found.zone, sorted(entries, key=lambda entry: entry.at), mails, is_open)


def _entries(found: Future, teller: "_Teller") -> list[Entry]:
    return [teller.entry(one) for one in found.happenings]


def _hurdle(one: Hurdle) -> str:
    until = date_format(one.until.astimezone(clinic.zone()), "D j M Y, H:i") if one.until else ""
    asked = segments.says(one.condition) if one.condition else ""
    return HURDLES[one.kind]() % {"until": until, "condition": asked}


@dataclass(frozen=True, slots=True)
class _Setting:
    """What words need besides: the clinic's cap, its days off, when it writes, and which mails have newer words."""

    mails: int
    days: int
    days_off: DaysOff
    writes: tuple[time, time]
    newer: Collection[int]


def _setting() -> _Setting:
    profile = clinic.profile()
    writes = (profile.writes_from, profile.writes_until)
    return _Setting(profile.cap_mails, profile.cap_days, days_off.of(profile), writes, going_out.newer())


def _cap(somebody: Somebody) -> Cap:
    if not somebody.is_real:
        return lately.cap()
    profile = clinic.profile()
    return Cap(profile.cap_mails, timedelta(days=profile.cap_days))


def _versions(lead: Lead | None) -> list[int]:
    if lead is None:
        return []
    return list(Enrolment.objects.filter(lead=lead, ended_at=None).values_list("version_id", flat=True))


def _reader(somebody: Somebody, begins: datetime) -> Reader:
    true = {(str(one["name"]), str(one.get("value", ""))) for one in somebody.true}
    return Reader(
        time_zone=somebody.zone,
        paused_until=somebody.paused_until,
        tags={value: begins for name, value in true if name == "tagged"},
        holds=said(true),
        draws=somebody.draws,
    )


class _Teller:
    """Says what happens to one reader in one sequence, by their clock."""

    def __init__(self, zone: ZoneInfo, plan: Plan, names: Names, setting: _Setting, *, of: str = "") -> None:
        self.zone, self.plan, self.names, self.setting, self.of = zone, plan, names, setting, of

    def entry(self, one: Happening) -> Entry:
        step = self.plan.find(one.key) if one.key is not None else None
        email = None
        if step is not None and one.what == What.MAIL:
            email = step.scarce.email if one.is_in_other_words and step.scarce else step.email
        reasons = [self._reason(reason, step) for reason in one.why]
        words_said = self._words(one, step, email)
        is_newer = email in self.setting.newer
        return Entry(one.at.astimezone(self.zone), one.what.value, words_said, reasons, email, self.of, is_newer)

    def _words(self, one: Happening, step: Step | None, email: int | None) -> str:
        if step is None:
            known = ENDS.get(one.note) if one.what == What.END else DEEDS[Act(one.note)]
            return known() if known else _("It ends here.")
        if one.what == What.MAIL:
            return self.names.emails.get(email or 0) or _("A mail that is not written yet")
        sentence = words.step(step, self.names)
        if one.what == What.NOT_AGAIN:
            name = self.names.emails.get(step.email or 0, "…")
            return _("They had “%(mail)s” less than half a year ago: it does not come again.") % {"mail": name}
        if one.what == What.HANDOVER and one.note:
            return _("%(step)s. But %(why)s") % {"step": sentence, "why": HANDED[Hindrance(one.note)]()}
        if one.what in (What.YES, What.NO):
            return self._outcome(step, is_yes=one.what == What.YES)
        return sentence

    def _outcome(self, step: Step, *, is_yes: bool) -> str:
        """Which way they go, and why."""
        if step.kind == StepKind.UNTIL:
            happened = _("It happened that somebody %(event)s: it goes on at once.")
            said = happened if is_yes else _("It did not happen in time that somebody %(event)s.")
            return said % {"event": words.event(step.event, self.names)}
        if step.kind == StepKind.SPLIT:
            people = self.names.condition(step.condition) if step.condition else "…"
            said = (
                _("They are among the people %(people)s.") if is_yes else _("They are not among the people %(people)s.")
            )
            return said % {"people": people}
        way = words.branch(step, self.names, is_yes=is_yes)
        return _("%(step)s: %(way)s") % {"step": words.step(step, self.names), "way": way}

    def _reason(self, reason: Reason, step: Step | None) -> str:
        until = date_format(reason.until.astimezone(self.zone), "D j M, H:i")
        return _("%(reason)s (%(until)s)") % {"reason": "".join(self._said(reason, step)), "until": until}

    def _said(self, reason: Reason, step: Step | None) -> Iterator[str]:
        days = ", ".join(self._day(day, reason.kind) for day in reason.days)
        hours = (step.hours if step and step.hours else None) or self.plan.hours
        scarce = step.scarce if step else None
        values = {
            "wait": words.wait(replace(reason.wait, at=None)),
            "at": f"{reason.wait.at:%H:%M}" if reason.wait.at else "",
            "days": days,
            "hours": words.hours(self._in_force(hours)),
            "mails": self.setting.mails,
            "span": self.setting.days,
            "fewer": scarce.fewer if scarce else 0,
        }
        yield REASONS[reason.kind]() % values

    def _in_force(self, hours: Hours) -> Hours:
        """Without the clinic's quiet hours, as the almanac has it."""
        first, last = self.setting.writes
        opens, closes = max(hours.opens, first), min(hours.closes, last)
        return (
            replace(hours, opens=opens, closes=closes) if opens < closes else replace(hours, opens=first, closes=last)
        )

    def _day(self, day: date, kind: Why) -> str:
        label = self.setting.days_off.label(day) if kind == Why.HOLIDAY else ""
        shown = date_format(day, "D j M")
        return f"{label} ({shown})" if label else shown
