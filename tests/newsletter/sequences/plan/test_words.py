"""What a plan waits for, is for and begins with, in words that name what was chosen."""

import pytest

from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Event, EventKind, Trigger, TriggerKind
from newsletter.sequences.plan.words import Names

CALLED = Names(
    {},
    {},
    {"4": "Never booked"},
    lambda only: str(only["name"]),
    {"clicked:3": "The map", "booked:phone": "by phone", "consent:newsletter": "Clinic news"},
)


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
        (Event(EventKind.REPLIED), "replies"),
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
        (Trigger(TriggerKind.HAND), "by hand"),
    ],
)
def test_a_trigger_names_what_it_is_about(trigger: Trigger, said: str):
    assert words.begins(trigger, CALLED) == said
