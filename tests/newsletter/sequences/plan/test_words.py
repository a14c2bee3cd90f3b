"""What a plan waits for, is for and begins with, in words that name what was chosen."""

from datetime import time

import pytest

from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import (
    Again,
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
from newsletter.sequences.plan.words import Names
from newsletter.sequences.schedule import Wait
from tests.newsletter.sequences.plans import email, plan, until_clicked

CALLED = Names(
    {1: "Welcome", 2: "The call"},
    {},
    {"4": "Never booked"},
    lambda only: str(only["name"]),
    {"clicked:3": "The map", "booked:phone": "by phone", "consent:newsletter": "Clinic news"},
)

ANY_DAY = Hours(keeps_holidays=False)
MORNINGS = Hours(frozenset(range(5)), time(8), time(12))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (None, "nothing"),
        (Event(EventKind.CLICKED), "clicks in a mail"),
        (Event(EventKind.CLICKED, "3"), "clicks in “The map”"),
        (Event(EventKind.BOOKED), "books"),
        (Event(EventKind.BOOKED, "phone"), "books (by phone)"),
        (Event(EventKind.TAG, "knee"), "gets the tag “knee”"),
        (Event(EventKind.TAG), "gets the tag “…”"),
        (Event(EventKind.REPLIED), "replies or asks a question"),
    ],
)
def test_an_event_names_what_it_is_about(event: Event | None, said: str):
    assert words.event(event, CALLED) == said


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        (Trigger(TriggerKind.CONSENT), "when somebody confirms that we may write"),
        (Trigger(TriggerKind.CONSENT, "newsletter"), "when somebody confirms that we may write (Clinic news)"),
        (Trigger(TriggerKind.SEGMENT, "4"), "when somebody comes to belong to “Never booked”"),
        (Trigger(TriggerKind.SEGMENT), "when somebody comes to belong to “…”"),
        (Trigger(TriggerKind.VISIT, number=6), "6 months after somebody's last visit"),
        (Trigger(TriggerKind.HAND), "by hand, or by another program (API)"),
    ],
)
def test_a_trigger_names_what_it_is_about(trigger: Trigger, said: str):
    assert words.begins(trigger, CALLED) == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "2 days later: “Welcome”"),
        ({"email": None}, "2 days later: “a mail that is not written yet”"),
        ({"email": 9}, "2 days later: “a mail that is not there any more”"),
        (
            {"hours": Hours(frozenset(range(5)), time(8), time(12))},
            "2 days later, on weekdays, 08:00 to 12:00: “Welcome”",
        ),
        ({"scarce": Scarce(3, 7)}, "2 days later: “Welcome” (with fewer than 3 free calls in 7 days it waits)"),
        (
            {"scarce": Scarce(1, 7, 2)},
            "2 days later: “Welcome” (with fewer than 1 free call in 7 days “The call” goes instead)",
        ),
    ],
)
def test_a_mail_says_when_it_goes_and_what_it_does_while_few_calls_are_free(more: dict[str, object], said: str):
    step = Step(1, StepKind.EMAIL, **{"wait": Wait(2), "email": 1, **more})

    assert words.step(step, CALLED) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "once ever"),
        ({"again": Again.DAYS, "again_days": 90}, "again after 90 days, without mails they had lately"),
        ({"again": Again.DAYS, "again_days": 90, "again_repeats": True}, "again after 90 days"),
        ({"again": Again.DAYS, "again_days": 180}, "again after 180 days"),
        ({"again": Again.OCCASION, "trigger": Trigger(TriggerKind.MISSED)}, "once per appointment"),
        ({"again": Again.OCCASION, "trigger": Trigger(TriggerKind.QUESTION)}, "once per question"),
        ({"again": Again.OCCASION, "trigger": Trigger(TriggerKind.BIRTHDAY)}, "once per birthday"),
        ({"again": Again.OCCASION, "trigger": Trigger(TriggerKind.VISIT)}, "once per visit"),
    ],
)
def test_whether_somebody_comes_again_is_said_in_words(rule: dict[str, object], said: str):
    assert words.again(Plan(**rule)) == said


def test_what_is_not_chosen_yet_is_not_said_as_if_it_were():
    assert words.step(Step(1, StepKind.UNTIL, days=3), CALLED) == "Wait until something happens, at most 3 days"


def test_at_a_glance_it_says_the_usual_way_and_the_most():
    branching = plan(email(1), until_clicked(2, 2, yes=(email(3, 1),)), email(4, 3))

    assert words.glance(plan(email(1), email(2, 7))) == "2 mails over 7 days"
    assert words.glance(branching) == "2 mails over 5 days (up to 3)"
    assert words.glance(plan(email(1))) == "1 mail"
