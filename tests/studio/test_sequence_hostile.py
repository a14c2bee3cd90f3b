"""Whatever is posted to the addresses of the sequences: a refusal at worst, and the draft stays a plan."""

from http import HTTPStatus
from itertools import cycle
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.models import Sequence
from newsletter.sequences import publishing, writing
from newsletter.sequences.plan.document import Plan, Step, StepKind
from newsletter.sequences.writing import Act
from tests.factories import mail
from tests.studio.test_any_words import NUMBERS, TEXTS, asked, bent

STEPS: dict[StepKind, dict[str, str]] = {
    StepKind.EMAIL: {
        "email": "1", "days": "1", "hours": "2", "minutes": "3", "at": "09:30", "own": "on", "weekdays": "1",
        "opens": "09:00", "closes": "18:00", "days_off": "1", "fewer": "3", "ahead": "7", "other": "1",
    },
    StepKind.WAIT: {"days": "1", "at": "09:30"},
    StepKind.UNTIL: {"event": "clicked", "mail": "1", "tag": "knee", "booked": "phone", "days": "3"},
    StepKind.SPLIT: {"condition": "clicked_within", "value": "30"},
    StepKind.LOT: {"share": "50"},
    StepKind.TAG: {"adds": "1", "tag": "knee"},
    StepKind.NOTIFY: {"text": "Ring them"},
    StepKind.HANDOVER: {"sequence": "1"},
    StepKind.END: {},
}  # fmt: skip
RULES: dict[str, dict[str, str]] = {
    "trigger": {"kind": "visit", "tag": "knee", "segment": "1", "source": "/", "months": "6", "silence": "90"},
    "entry": {"condition": "signed_up_before", "value": "30", "remove": "9"},
    "again": {"again": "days", "days": "30"},
    "goal": {"event": "booked", "booked": "phone"},
    "hours": {"weekdays": "1", "opens": "09:00", "closes": "18:00", "holidays": "on"},
    "holdout": {"holdout": "10"},
}
FIRST = {kind: number for number, kind in enumerate(StepKind, start=1)}
ACTS: list[dict[str, str]] = [
    *({"act": "change", "key": str(FIRST[kind]), "open": "1", **said} for kind, said in STEPS.items()),
    *({"act": "rule", "rule": rule, "open": rule, **said} for rule, said in RULES.items()),
    {"act": "add", "kind": "email", "place": "3-yes-0"},
    {"act": "move", "key": "1", "place": "4-no-0"},
    *({"act": act, "key": "2"} for act in ("up", "down", "duplicate", "delete", "write", "undo", "redo", "revert")),
]
PAGES: dict[str, dict[str, str]] = {
    "sequence_about": {"name": "After", "topic": "course", "priority": "10"},
    "sequence_delete": {},
    "sequence_here": {},
    "sequence_publish": {"number": "1", "mails": "a", "inside": "move", "also_finished": "on", "hours": "4"},
}


@pytest.fixture
def drafted(owner: User) -> Sequence:
    """A step of every kind, none of them finished."""
    begun = writing.begin("After the call", topic="course", by=owner, now=database_now())
    mail.email(kind="step")
    made = Plan(steps=tuple(Step(key, kind) for kind, key in FIRST.items()))
    writing.keep(begun, Act(made, begun.draft_number), by=owner, now=database_now())
    return Sequence.objects.get()


def url(sequence: Sequence, name: str) -> str:
    return reverse(f"studio:{name}", args=[sequence.pk])


def refused(studio: Client, address: str, said: dict[str, str], **how: Any) -> list[Any]:
    """What of all that is like this makes the server stumble."""
    studio.raise_request_exception = False
    answered = [(body, asked(studio, address, body, **how)) for body in [said, *bent(said, cycle(TEXTS))]]
    return [body for body, status in answered if status >= HTTPStatus.INTERNAL_SERVER_ERROR]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: "-".join(list(act.values())[:2]))
def test_no_act_of_the_editor_breaks_anything(studio: Client, drafted: Sequence, act: dict[str, str]):
    said = {"number": str(drafted.draft_number), **act}

    assert refused(studio, url(drafted, "sequence_act"), said) == []
    assert publishing.draft(Sequence.objects.get()) == publishing.draft(drafted)


@pytest.mark.parametrize("name", PAGES)
def test_no_form_of_a_sequence_breaks_anything(studio: Client, drafted: Sequence, name: str):
    assert refused(studio, url(drafted, name), PAGES[name]) == []


def test_no_beginning_breaks_anything(studio: Client, drafted: Sequence):
    said = {"name": "New", "topic": "course", "preset": "before"}

    assert refused(studio, reverse("studio:sequence_new"), said) == []


def test_numbers_that_no_sequence_has_are_not_found(studio: Client, drafted: Sequence):
    names = ["sequence", "sequence_edit", "sequence_act", *PAGES]
    studio.raise_request_exception = False
    statuses = {
        asked(studio, reverse(f"studio:{name}", args=[number]), {"act": "undo", "number": "1"})
        for name in names
        for number in NUMBERS
    }

    assert statuses <= {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
