"""What ships, as plans: keys of mails in, plans out.

Where a call is what it is about, everything is once per appointment. Who books leaves, wherever they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.content import course
from newsletter.content.models import Topic
from newsletter.sequences.plan.document import (
    Again,
    Event,
    EventKind,
    Hours,
    Plan,
    Step,
    StepKind,
    Trigger,
    TriggerKind,
)
from newsletter.sequences.queries import COURSE_KEY
from newsletter.sequences.schedule import Wait

Emails = Mapping[str, int]
"""The installed mails, by key."""

BOOKED = Event(EventKind.BOOKED)
SHORTLY = Wait(hours=2)


@dataclass(frozen=True, slots=True)
class Shipped:
    key: str
    name: str | Promise
    about: str | Promise
    topic: Topic
    plan: Callable[[Emails], Plan]


def _mail(key: int, email: int, wait: Wait) -> Step:
    return Step(key, StepKind.EMAIL, wait=wait, email=email)


def _course(emails: Emails) -> Plan:
    """Seven letters in three weeks; a question gets a person, and a click without a booking one letter more."""
    letters = [emails[key] for key in course.KEYS]
    waits = [0, 2, 3, 3, 4, 2, 3]
    mails = [_mail(place + 1, letters[place], Wait(days=days)) for place, days in enumerate(waits)]
    asked = Step(
        8,
        StepKind.UNTIL,
        event=Event(EventKind.REPLIED),
        days=2,
        yes=(
            Step(9, StepKind.NOTIFY, text=_("Wrote to us during the course. Please answer in person.")),
            Step(10, StepKind.WAIT, wait=Wait(days=3)),
        ),
    )
    looked = Step(
        11,
        StepKind.UNTIL,
        event=Event(EventKind.CLICKED),
        days=2,
        yes=(_mail(12, emails[course.FOLLOW_UP], Wait(days=1)),),
    )
    return Plan(
        trigger=Trigger(TriggerKind.CONSENT),
        goal=BOOKED,
        steps=(*mails[:5], asked, mails[5], looked, mails[6]),
    )


def _before(emails: Emails) -> Plan:
    """Early and late hours too: the call may be tomorrow morning."""
    return Plan(
        trigger=Trigger(TriggerKind.BOOKED),
        again=Again.OCCASION,
        goal=Event(EventKind.ATTENDED),
        hours=Hours(opens=time(8), closes=time(20)),
        keeps_holidays=False,
        steps=(_mail(1, emails["call-preparation"], SHORTLY),),
    )


def _after(emails: Emails) -> Plan:
    return Plan(
        trigger=Trigger(TriggerKind.ATTENDED),
        again=Again.OCCASION,
        goal=BOOKED,
        steps=(_mail(1, emails["call-thanks"], SHORTLY), _mail(2, emails["call-next-step"], Wait(days=5))),
    )


def _missed(emails: Emails) -> Plan:
    return Plan(
        trigger=Trigger(TriggerKind.MISSED),
        again=Again.OCCASION,
        goal=BOOKED,
        steps=(
            _mail(1, emails["call-missed"], SHORTLY),
            Step(2, StepKind.WAIT, wait=Wait(days=4)),
            Step(3, StepKind.NOTIFY, text=_("Missed a call and has not chosen another time. Would a call help?")),
        ),
    )


def _quiet(emails: Emails) -> Plan:
    """Not for who is in the course: they hear from us anyway. Once ever: the second letter promises to ask no more."""
    return Plan(
        trigger=Trigger(TriggerKind.QUIET, number=90),
        entry=({"name": "in_course", "value": COURSE_KEY, "not": True},),
        goal=Event(EventKind.CLICKED),
        steps=(
            _mail(1, emails["quiet-question"], Wait()),
            _mail(2, emails["quiet-last"], Wait(days=14)),
            Step(3, StepKind.WAIT, wait=Wait(days=14)),
            Step(4, StepKind.TAG, tag="quiet", adds=True),
        ),
    )


def _news(emails: Emails) -> Plan:
    return Plan(
        trigger=Trigger(TriggerKind.CONSENT, value=Topic.NEWSLETTER.value),
        goal=BOOKED,
        steps=(_mail(1, emails["news-welcome"], Wait()), _mail(2, emails["news-call"], Wait(days=7))),
    )


COURSE = Shipped(
    COURSE_KEY,
    gettext_lazy("The sciatica course"),
    gettext_lazy(
        "For who confirms that we may write: seven letters, an extra one after a click, a person for questions."
    ),
    Topic.COURSE,
    _course,
)
SHIPPED = (
    Shipped(
        "before-the-call",
        gettext_lazy("Before the call"),
        gettext_lazy("For who books a call: what it is like, what to think of. Reminders come by themselves."),
        Topic.NEWSLETTER,
        _before,
    ),
    Shipped(
        "after-the-call",
        gettext_lazy("After the call"),
        gettext_lazy("For who came to the call: a thank you, then the next step, until they book."),
        Topic.NEWSLETTER,
        _after,
    ),
    Shipped(
        "missed-call",
        gettext_lazy("After a missed call"),
        gettext_lazy("For who missed a call: another time, and after some days a person who looks after them."),
        Topic.NEWSLETTER,
        _missed,
    ),
    Shipped(
        "quiet-for-long",
        gettext_lazy("Quiet for three months"),
        gettext_lazy("For who has not been heard of: do they still want our letters? Asked twice, then no more."),
        Topic.NEWSLETTER,
        _quiet,
    ),
    Shipped(
        "news-only",
        gettext_lazy("Welcome to the news"),
        gettext_lazy("For who wants the clinic's news and no course: what comes, and how to reach us."),
        Topic.NEWSLETTER,
        _news,
    ),
)
