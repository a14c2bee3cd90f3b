"""What somebody would get, in words: a calendar with every reason why nothing in it is earlier."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinic import days_off
from clinic import queries as clinic
from clinic.days_off import DaysOff
from leads.models import Lead
from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import publishing
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import simulate
from newsletter.sequences.future.happenings import STUCK, Future, Happening, What
from newsletter.sequences.future.script import Act, Reader, Script, said
from newsletter.sequences.future.why import Reason, Why
from newsletter.sequences.models import EnrolmentState, ExitReason
from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Condition, Plan, Step
from newsletter.sequences.plan.words import Names

DRAFT, PUBLISHED = "draft", "published"


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who is tried: a lead, else somebody of whom these things are true. `is_real`: where days are days."""

    lead: Lead | None = None
    zone: str = ""
    paused_until: datetime | None = None
    true: Many[Condition] = ()
    draws: bool | None = None
    is_real: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the calendar, by the reader's clock. `email` is the mail that it opens, if it is one."""

    at: datetime
    kind: str
    words: str
    reasons: list[str]
    email: int | None = None

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


def foresee(plan: Plan, somebody: Somebody, script: Script, now: datetime) -> Future:
    """What they get who begin by this plan at this moment and do this."""
    almanac = Almanac(is_real=somebody.is_real)
    almanac.suppose(simulate.DRAFT, almanac.plan(plan, publishing.letters(plan)))
    setting = simulate.setting_of(almanac, now, _versions(somebody.lead))
    setting = replace(setting, goals={**setting.goals, simulate.DRAFT: plan.goal}, cap=_cap(somebody))
    if somebody.lead is not None:
        return simulate.foresee_lead(somebody.lead, setting, script)
    return simulate.foresee(_reader(somebody, script.begins), setting, script)


def told(found: Future, plan: Plan, names: Names) -> Foreseen:
    """The same in words."""
    teller = _Teller(found.zone, plan, names, _setting())
    entries = [teller.entry(one) for one in found.happenings]
    return Foreseen(found.zone, entries, len(found.mails), is_open=not found.end)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What words need besides: the clinic's cap, and what its days off are called."""

    mails: int
    days: int
    days_off: DaysOff


def _setting() -> _Setting:
    profile = clinic.profile()
    return _Setting(profile.cap_mails, profile.cap_days, days_off.of(profile))


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
    """Says what happens to one reader, by their clock."""

    def __init__(self, zone: ZoneInfo, plan: Plan, names: Names, setting: _Setting) -> None:
        self.zone, self.plan, self.names, self.setting = zone, plan, names, setting

    def entry(self, one: Happening) -> Entry:
        step = self.plan.find(one.key) if one.key is not None else None
        email = None
        if step is not None and one.what == What.MAIL:
            email = step.scarce.email if one.is_in_other_words and step.scarce else step.email
        reasons = [self._reason(reason, step) for reason in one.why]
        return Entry(one.at.astimezone(self.zone), one.what.value, self._words(one, step, email), reasons, email)

    def _words(self, one: Happening, step: Step | None, email: int | None) -> str:
        if one.what == What.END:
            return ENDS.get(one.note, lambda: _("It ends here."))()
        if one.what == What.DEED:
            return DEEDS[Act(one.note)]()
        if step is None:
            return ""
        if one.what == What.MAIL:
            return self.names.emails.get(email or 0) or _("A mail that is not written yet")
        sentence = words.step(step, self.names)
        if one.what in (What.YES, What.NO):
            way = words.branch(step, self.names, is_yes=one.what == What.YES)
            return _("%(step)s: %(way)s") % {"step": sentence, "way": way}
        return sentence

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
            "hours": words.hours(hours),
            "mails": self.setting.mails,
            "span": self.setting.days,
            "fewer": scarce.fewer if scarce else 0,
        }
        yield REASONS[reason.kind]() % values

    def _day(self, day: date, kind: Why) -> str:
        label = self.setting.days_off.label(day) if kind == Why.HOLIDAY else ""
        shown = date_format(day, "D j M")
        return f"{label} ({shown})" if label else shown


REASONS: Mapping[Why, Callable[[], str]] = {
    Why.WAIT: lambda: _("It waits: %(wait)s"),
    Why.PATIENCE: lambda: _("It is waited for, and does not happen: %(wait)s"),
    Why.TIME_OF_DAY: lambda: _("It has a time of day: %(at)s"),
    Why.HOURS: lambda: _("Mails go only in their hours: %(hours)s"),
    Why.WEEKDAY: lambda: _("No mail goes on %(days)s"),
    Why.HOLIDAY: lambda: _("Days off: %(days)s"),
    Why.CLOCKS: lambda: _("The clocks change on %(days)s; days are counted by the calendar"),
    Why.PAUSED: lambda: _("They paused their mail"),
    Why.CAP: lambda: _("They get no more than %(mails)s mails in %(span)s days"),
    Why.CAMPAIGN: lambda: _("A campaign goes to them on the same day"),
    Why.FEW_CALLS: lambda: _("Fewer than %(fewer)s free calls are left"),
}
DEEDS: Mapping[Act, Callable[[], str]] = {
    Act.CLICKED: lambda: _("They click in a mail"),
    Act.BOOKED: lambda: _("They book"),
    Act.ATTENDED: lambda: _("They come to the call"),
    Act.REPLIED: lambda: _("They answer"),
    Act.TAG: lambda: _("They get a tag"),
    Act.UNSUBSCRIBED: lambda: _("They unsubscribe"),
}
GOAL = (ExitReason.BOOKED, ExitReason.ATTENDED, ExitReason.REPLIED, ExitReason.CLICKED, ExitReason.TAG)
ENDS: Mapping[str, Callable[[], str]] = {
    "finished": lambda: _("It is finished: they have had everything."),
    STUCK: lambda: _("It stands still: no day lets the next mail through."),
    ExitReason.UNSUBSCRIBED.value: lambda: _("It ends: they unsubscribed."),
    ExitReason.STAFF.value: lambda: _("It ends: patients get no mails of sequences."),
    **{reason.value: lambda: _("The goal is reached: it ends here.") for reason in GOAL},
}
