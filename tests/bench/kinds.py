"""What one look at a person costs, by what the look does: processor time of Python and PostgreSQL together.

kind-mail, -until, -split, -notify   a first mail; a mail, and a wait until a click; a branch by tag, and a mail; a task
                                     for staff, and a mail
kind-next       a second mail, two days after the first one left
kind-ends       a tag and a mail; the tag is the goal of another sequence in which everybody is, and ends that
kind-recalls    the same, and a mail of the other way is planned, and is taken back
kind-begins     a tag and a mail; the tag begins another sequence
kind-hands      a hand-over to another sequence, and a mail

In the last four two ways of each person are written, and it is one person all the same.
"""

import gc
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from newsletter.deliveries import bell
from newsletter.deliveries.models import Lane, State
from newsletter.models import Enrolment, Sequence
from newsletter.sequences.models import Notice
from newsletter.sequences.plan.document import EventKind, Step, StepKind, TriggerKind
from newsletter.sequences.services import advance
from tests.bench import crowd, sending
from tests.bench import ways as engine
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.newsletter.sequences import plans, ways

PEOPLE = 30_000
DAY = timedelta(days=1)
TITLES = {
    "mail": "a first mail",
    "until": "a mail, and a wait until a click",
    "split": "a branch, and a mail",
    "notify": "a task for staff, and a mail",
    "next": "a second mail",
    "ends": "a tag that ends another way, and a mail",
    "recalls": "the same, and a mail of the other way is taken back",
    "begins": "a tag that begins another way, and a mail",
    "hands": "a hand-over to another sequence, and a mail",
}
ENDING, BEGINNING = ("ends", "recalls"), ("begins", "hands")
TAKEN_BACK = """
    SELECT count(*) FROM newsletter_outcome o JOIN newsletter_delivery d ON d.id = o.delivery_id
    JOIN newsletter_enrolment e ON e.id = d.owner AND d.kind = 2 WHERE e.sequence_id = %(sequence)s AND o.reason = 'tag'
"""
LEFT = """
    INSERT INTO newsletter_outcome (delivery_id, at, state, reason, provider_id)
    SELECT d.id, %(now)s, %(state)s, '', '' FROM newsletter_delivery d
    JOIN newsletter_enrolment e ON e.id = d.owner AND d.kind = 2 WHERE e.sequence_id = %(sequence)s
"""
FIGURES = [
    Figure(
        f"kind-{kind}",
        f"processor time per person: {title}",
        f"kind-{kind}",
        100,
        70,
        metric="both_us",
        unit="us",
        lower_is_better=True,
    )
    for kind, title in TITLES.items()
]


def cases(ground: Ground) -> list[Case]:
    people = ground.number(PEOPLE, 300)
    return [
        Case("kinds", f"kind-{kind}", partial(crowd.alone, partial(look, ground, kind, people)), rounds=3)
        for kind in TITLES
    ]


def look(ground: Ground, kind: str, people: int) -> Measured:
    """Everybody is due at once, and is looked at once."""
    tag = f"kind {next(engine._runs)}"
    other = _other(kind, tag)
    sequence, now = engine._sequence(*_steps(kind, tag, other), plans.email(8), *_after(kind), plans.email(9, 2))
    if kind in ENDING:
        engine._enter(other, people, now)
        crowd.expect("people in the other way", _carried(now), people)
    engine._enter(sequence, people, now)
    if kind == "next":
        now = _first_mail(sequence, people, now)
    bell.ring(Lane.MARKETING)  # whatever is loaded for the first one
    gc.collect()
    database, cpu, started = sending.database_seconds(ground), time.process_time(), time.perf_counter()
    moved = _carried(now)
    seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    behind = sending.database_seconds(ground) - database
    crowd.expect("people moved", moved, people)
    _check(kind, other, people)
    Notice.objects.all().delete()
    for made in (sequence, other):
        engine._forget(made)
    notes = {"both_us": (spent + behind) / people * 1e6, "database_cpu_us": behind / people * 1e6}
    return Measured(people, seconds, spent, notes=notes)


def _carried(now: datetime) -> int:
    moved = 0
    while found := advance(now):
        moved += found
    return moved


def _first_mail(sequence: Sequence, people: int, now: datetime) -> datetime:
    """Everybody has had it: when they get the second."""
    crowd.expect("people before the second mail", _carried(now), people)
    with connection.cursor() as cursor:
        cursor.execute(LEFT, {"now": now, "state": State.SUBMITTED, "sequence": sequence.pk})
        cursor.execute("VACUUM ANALYZE newsletter_outcome, newsletter_delivery, newsletter_enrolment")
    return now + 2 * DAY


def _other(kind: str, tag: str) -> Sequence:
    """The sequence that is reached; in those kinds that reach none, nobody is in it."""
    first = plans.email(1) if kind == "recalls" else plans.pause(1, days=3)
    rules = {**ways.trigger(TriggerKind.TAG, tag)} if kind == "begins" else ways.trigger(TriggerKind.HAND)
    goal = ways.goal(EventKind.TAG, tag) if kind in ENDING else {}
    return ways.sequence(first, plans.email(2, 5), key=f"other {tag}", **rules, **goal)


def _steps(kind: str, tag: str, other: Sequence) -> tuple[Step, ...]:
    match kind:
        case "mail" | "until" | "next":
            return ()
        case "split":
            return (plans.split(1, "warm", yes=(plans.email(3),), no=()),)
        case "notify":
            return (Step(1, StepKind.NOTIFY, text="Call this person."),)
        case "hands":
            return (plans.hand_over(1, other.pk),)
    return (plans.tag(1, tag),)


def _after(kind: str) -> tuple[Step, ...]:
    match kind:
        case "until":
            return (plans.until_clicked(5, 3),)
        case "next":
            return (plans.email(5, 2),)
    return ()


def _check(kind: str, other: Sequence, people: int) -> None:
    """Everybody left the other way, or all who agreed to be mailed began it."""
    if kind in ENDING:
        crowd.expect("ways ended", Enrolment.objects.filter(sequence=other, exit_reason="tag").count(), people)
    if kind == "recalls":
        crowd.expect("mails taken back", crowd.one_row(TAKEN_BACK, {"sequence": other.pk})[0], people)
    if kind in BEGINNING:
        begun = Enrolment.objects.filter(sequence=other).count()
        crowd.expect("most of the people began", begun > people * 0.9, True)
