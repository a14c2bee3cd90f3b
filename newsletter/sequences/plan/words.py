"""A plan in plain words, as staff read it. What things are called (mails, tags, sequences) comes with the call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.sequences.plan.document import (
    Again,
    Condition,
    Event,
    EventKind,
    Hours,
    Plan,
    Scarce,
    Step,
    StepKind,
    Trigger,
    TriggerKind,
)
from newsletter.sequences.plan.paths import length
from newsletter.sequences.schedule import Wait

WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Names:
    """What mails and sequences are called, by id, segments by id as text, and how a condition reads after “people”.

    `values` are what the values of events and of a consent are called, by kind and value: “booked:phone”, “clicked:3”.
    """

    emails: Mapping[int, str]
    sequences: Mapping[int, str]
    segments: Mapping[str, str]
    condition: Callable[[Condition], str]
    values: Mapping[str, str] = field(default_factory=dict)

    def value(self, of: Event | Trigger) -> str:
        return self.values.get(f"{of.kind}:{of.value}", of.value)


def glance(plan: Plan) -> str:
    """7 mails over 21 days (up to 8): for somebody to whom nothing happens, and the most that anybody gets."""
    found = length(plan)
    said = ngettext("%(n)d mail", "%(n)d mails", found.mails) % {"n": found.mails}
    if found.days:
        said = _("%(mails)s over %(days)s") % {"mails": said, "days": _days(found.days)}
    return _("%(said)s (up to %(most)d)") % {"said": said, "most": found.most} if found.most > found.mails else said


def begins(trigger: Trigger, names: Names) -> str:
    """What begins it: “when the tag “knee” is put on somebody”."""
    value = names.segments.get(trigger.value, trigger.value) if trigger.kind == TriggerKind.SEGMENT else trigger.value
    said = TRIGGERS[trigger.kind]() % {"value": value or "…", "number": trigger.number}
    return f"{said} ({names.value(trigger)})" if trigger.kind == TriggerKind.CONSENT and value else said


def again(plan: Plan) -> str:
    """Whether somebody comes a second time."""
    if plan.again == Again.DAYS:
        said = _("again after %(days)s") if plan.repeats else _("again after %(days)s, without mails they had lately")
        return said % {"days": _days(plan.again_days)}
    return ONCE_PER.get(plan.trigger.kind, _once_per_call)() if plan.again == Again.OCCASION else _("once ever")


def event(of: Event | None, names: Names) -> str:
    """What is waited for, or what the goal is."""
    if of is None:
        return _("nothing")
    if of.kind == EventKind.TAG:
        return _("gets the tag “%(tag)s”") % {"tag": of.value or "…"}
    if of.kind == EventKind.CLICKED and of.value:
        mail = names.value(Event(of.kind, of.mail))
        said = _("clicks the link to %(link)s in “%(mail)s”") if of.link else _("clicks in “%(mail)s”")
        return said % {"mail": mail, "link": of.link}
    return f"{EVENTS[of.kind]()} ({names.value(of)})" if of.value else EVENTS[of.kind]()


def hours(of: Hours) -> str:
    """On which days and at what time mail goes."""
    between = _("%(opens)s to %(closes)s") % {"opens": f"{of.opens:%H:%M}", "closes": f"{of.closes:%H:%M}"}
    if of.keeps_holidays is not None:
        off = _("not on holidays and days off") if of.keeps_holidays else _("on holidays and days off too")
        between = f"{between}, {off}"
    if of.weekdays == EVERY_DAY:
        return _("every day, %(between)s") % {"between": between}
    if of.weekdays == WEEKDAYS:
        return _("on weekdays, %(between)s") % {"between": between}
    days = ", ".join(DAY_NAMES[day]() for day in sorted(of.weekdays))
    return _("on %(days)s, %(between)s") % {"days": days or "…", "between": between}


def wait(of: Wait) -> str:
    """How long: 2 days later, at 09:30."""
    parts = [_days(of.days)] if of.days else []
    parts += [ngettext("%(n)d hour", "%(n)d hours", of.hours) % {"n": of.hours}] if of.hours else []
    parts += [ngettext("%(n)d minute", "%(n)d minutes", of.minutes) % {"n": of.minutes}] if of.minutes else []
    later = _("%(long)s later") % {"long": " ".join(parts)} if parts else ""
    if of.at is None:
        return later or _("at once")
    at = f"{of.at:%H:%M}"
    return _("%(later)s, at %(at)s") % {"later": later, "at": at} if later else _("at the next %(at)s") % {"at": at}


def step(of: Step, names: Names) -> str:
    """One step in a sentence; the branches of it are said elsewhere."""
    return STEPS[of.kind](of, names)


def branch(of: Step, names: Names, *, is_yes: bool) -> str:
    """What leads into this branch."""
    if of.kind == StepKind.LOT:
        return _("%(share)d in 100 people") % {"share": of.share if is_yes else 100 - of.share}
    if of.kind == StepKind.UNTIL:
        return _("as soon as this happens") if is_yes else _("if it has not happened by then")
    return _("for them") if is_yes else _("for everybody else")


def _days(days: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def _once_per_call() -> str:
    return _("once per appointment")


def _email(of: Step, names: Names) -> str:
    when = wait(of.wait) if of.hours is None else f"{wait(of.wait)}, {hours(of.hours)}"
    said = _("%(wait)s: “%(mail)s”") % {"wait": when, "mail": _mail(of.email, names)}
    return f"{said} ({_scarce(of.scarce, names)})" if of.scarce else said


def _mail(email: int | None, names: Names) -> str:
    if email is None:
        return _("a mail that is not written yet")
    return names.emails.get(email) or _("a mail that is not there any more")


def _scarce(of: Scarce, names: Names) -> str:
    """What it does while few calls are free."""
    few = ngettext(
        "with fewer than %(n)d free call in %(days)s", "with fewer than %(n)d free calls in %(days)s", of.fewer
    ) % {"n": of.fewer, "days": _days(of.days)}
    if of.email is None:
        return _("%(few)s it waits") % {"few": few}
    return _("%(few)s “%(mail)s” goes instead") % {"few": few, "mail": _mail(of.email, names)}


def _tag(of: Step, names: Names) -> str:
    words = _("Put on the tag “%(tag)s”") if of.adds else _("Take off the tag “%(tag)s”")
    return words % {"tag": of.tag or "…"}


def _until(of: Step, names: Names) -> str:
    if of.event is None:
        return _("Wait until something happens, at most %(days)s") % {"days": _days(of.days)}
    return _("Wait until somebody %(event)s, at most %(days)s") % {
        "event": event(of.event, names),
        "days": _days(of.days),
    }


def _split(of: Step, names: Names) -> str:
    people = names.condition(of.condition) if of.condition else "…"
    return _("For people %(people)s") % {"people": people}


def _handover(of: Step, names: Names) -> str:
    return _("Go on with “%(sequence)s”") % {"sequence": names.sequences.get(of.sequence or 0) or "…"}


STEPS: Mapping[StepKind, Callable[[Step, Names], str]] = {
    StepKind.EMAIL: _email,
    StepKind.WAIT: lambda of, _names: _("Wait: %(wait)s") % {"wait": wait(of.wait)},
    StepKind.UNTIL: _until,
    StepKind.SPLIT: _split,
    StepKind.LOT: lambda _of, _names: _("By lot, to compare"),
    StepKind.TAG: _tag,
    StepKind.NOTIFY: lambda of, _names: _("Ask a person: %(text)s") % {"text": of.text or "…"},
    StepKind.HANDOVER: _handover,
    StepKind.END: lambda _of, _names: _("End here"),
}
EVENTS: Mapping[EventKind, Callable[[], str]] = {
    EventKind.CLICKED: lambda: _("clicks in a mail"),
    EventKind.BOOKED: lambda: _("books"),
    EventKind.ATTENDED: lambda: _("comes to the call"),
    EventKind.REPLIED: lambda: _("replies or asks a question"),
}
TRIGGERS: Mapping[TriggerKind, Callable[[], str]] = {
    TriggerKind.CONSENT: lambda: _("when somebody confirms that we may write"),
    TriggerKind.TAG: lambda: _("when somebody gets the tag “%(value)s”"),
    TriggerKind.QUESTION: lambda: _("when somebody asks a question"),
    TriggerKind.BOOKED: lambda: _("when somebody books a call"),
    TriggerKind.ATTENDED: lambda: _("when somebody came to the call"),
    TriggerKind.CANCELLED: lambda: _("when somebody cancels a call"),
    TriggerKind.MISSED: lambda: _("when somebody missed a call"),
    TriggerKind.BIRTHDAY: lambda: _("on somebody's birthday"),
    TriggerKind.VISIT: lambda: _("%(number)d months after somebody's last visit"),
    TriggerKind.QUIET: lambda: _("when nothing was heard of somebody for %(number)d days"),
    TriggerKind.SEGMENT: lambda: _("when somebody comes to belong to “%(value)s”"),
    TriggerKind.HAND: lambda: _("by hand, or by another program (API)"),
}
ONCE_PER: Mapping[TriggerKind, Callable[[], str]] = {
    TriggerKind.QUESTION: lambda: _("once per question"),
    TriggerKind.BIRTHDAY: lambda: _("once per birthday"),
    TriggerKind.VISIT: lambda: _("once per visit"),
}
DAY_NAMES = (
    lambda: _("Monday"),
    lambda: _("Tuesday"),
    lambda: _("Wednesday"),
    lambda: _("Thursday"),
    lambda: _("Friday"),
    lambda: _("Saturday"),
    lambda: _("Sunday"),
)
