"""What happens while something else is just happening: a knock during a tick, a click that is committed late."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.models import Inquiry
from leads.tags import services as tags
from newsletter import receivers
from newsletter.models import Click, Enrolment
from newsletter.sequences import advance as engine
from newsletter.sequences import goals, overdue, scanning, services, triggers
from newsletter.sequences import one as one_way
from newsletter.sequences.models import ClicksSeen
from newsletter.sequences.plan.document import Event, EventKind, Step, StepKind, TriggerKind
from tests.config.deadlines import wait_until
from tests.factories import people
from tests.newsletter.sequences.course import hand_over, planned
from tests.newsletter.sequences.plans import email, tag
from tests.newsletter.sequences.ways import (
    DAY,
    MINUTE,
    NOW,
    PERSON_SEEN,
    begun,
    click,
    ending,
    goal,
    reader,
    sequence,
    tick,
    trigger,
    who,
)

pytestmark = pytest.mark.django_db(transaction=True)

WAITS_FOR_US = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator[threading.Thread]:
    """A process of its own that does this; over at the end."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    other = threading.Thread(target=run)
    yield other
    other.join(60)
    assert not other.is_alive()


def until_it_waits_for_us() -> None:
    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(WAITS_FOR_US)
            return bool(cursor.fetchone()[0])

    wait_until(waits)


def until_tagged(key: int, name: str, *, yes: tuple[Step, ...], no: tuple[Step, ...]) -> Step:
    return Step(key, StepKind.UNTIL, event=Event(EventKind.TAG, name), days=9, yes=yes, no=no)


def waiting_for_a_tag() -> Any:
    return begun(sequence(email(1), until_tagged(2, "knee", yes=(email(3),), no=(email(4),))))


def test_what_happens_while_a_tick_puts_somebody_before_their_wait_is_heard():
    way = waiting_for_a_tag()

    with beside(lambda: tags.add(way.lead, name="knee", by=None, now=NOW + MINUTE)) as other, transaction.atomic():
        services.advance(NOW)
        other.start()
        until_it_waits_for_us()
    hand_over(NOW)

    tick(NOW + 2 * MINUTE)
    assert planned(way) == [1, 3]


def test_what_happens_while_a_tick_looks_at_who_waits_is_heard():
    way = waiting_for_a_tag()
    tick(NOW)
    hand_over(NOW)

    Enrolment.objects.filter(pk=way.pk).update(due_at=NOW + MINUTE)

    with beside(lambda: tags.add(way.lead, name="knee", by=None, now=NOW + 2 * MINUTE)) as other, transaction.atomic():
        services.advance(NOW + MINUTE)
        other.start()
        until_it_waits_for_us()

    tick(NOW + 3 * MINUTE)
    assert planned(way) == [1, 3]


def test_what_happens_in_a_long_tick_before_it_comes_to_somebody_is_heard():
    way = waiting_for_a_tag()
    tags.add(way.lead, name="knee", by=None, now=NOW + MINUTE)

    tick(NOW)
    hand_over(NOW)

    tick(NOW + 2 * MINUTE)
    assert planned(way) == [1, 3]


def clicking() -> Any:
    way = begun(sequence(email(1), email(2, 5), **goal(EventKind.CLICKED)))
    tick(NOW)
    hand_over(NOW)
    return way


def test_a_click_that_is_committed_after_a_later_one_was_looked_at_is_not_lost():
    way, other = clicking(), begun(sequence(email(1, 1), key="other"))
    tick(NOW + DAY)
    committed, looked = threading.Event(), threading.Event()

    def hesitate() -> None:
        with transaction.atomic():
            click(way, 1, at=NOW + DAY)
            committed.set()
            looked.wait(60)

    with beside(hesitate) as slow:
        slow.start()
        assert committed.wait(60)
        later = click(other, 1, at=NOW + DAY)
        goals.look_at_clicks(NOW + DAY + PERSON_SEEN)
        assert (ClicksSeen.objects.get().last_id, ending(way)[0]) == (later.pk, "active")
        looked.set()

    goals.look_at_clicks(NOW + DAY + 2 * PERSON_SEEN)

    assert ending(way) == ("exited", "clicked")
    assert str(later.pk - 1) not in ClicksSeen.objects.get().awaited


def test_a_click_that_was_never_committed_is_awaited_for_an_hour(django_assert_num_queries):
    way = clicking()
    with transaction.atomic():
        click(way, 1, at=NOW + MINUTE)
        transaction.set_rollback(True)
    click(way, 1, at=NOW + MINUTE, label="scanner")
    seen = NOW + MINUTE + PERSON_SEEN

    goals.look_at_clicks(seen)
    awaited = ClicksSeen.objects.get().awaited
    goals.look_at_clicks(seen + timedelta(hours=1))

    assert [*awaited][-1:] == [str(Click.objects.get().pk - 1)]
    assert ClicksSeen.objects.get().awaited == {}
    with django_assert_num_queries(1):
        goals.look_at_clicks(seen + timedelta(hours=2))


def test_one_sequence_that_cannot_go_on_does_not_keep_the_others(monkeypatch):
    broken, whole = sequence(email(1), key="a"), sequence(email(1), key="b")
    stuck, goes = begun(broken), begun(whole)
    decide = engine.decide

    def fail(row: Any, *args: Any, **kwargs: Any) -> Any:
        if row.version_id == broken.published_id:
            raise ValueError("unreadable")
        return decide(row, *args, **kwargs)

    monkeypatch.setattr(engine, "decide", fail)

    with pytest.raises(ExceptionGroup, match="Some sequences cannot go on"):
        services.advance(NOW)

    assert (planned(stuck), planned(goes)) == ([], [1])


def test_who_is_asked_for_on_two_occasions_at_once_begins_once_where_the_rule_says_so():
    asks = sequence(email(1), **trigger(TriggerKind.QUESTION))
    lead = reader()

    with (
        beside(lambda: triggers.begin_by_hand(asks, [lead.pk], by=None, now=NOW, program="a test")) as other,
        transaction.atomic(),
    ):
        people.inquiry(lead)
        receivers.asked(Inquiry, inquiry=lead.inquiries.get(), now=NOW)
        other.start()
        until_it_waits_for_us()

    assert [(one, turn) for one, _occasion, turn, _state in who(asks)] == [(lead.pk, 0)]


def test_a_birthday_that_is_found_while_somebody_begins_by_hand_begins_nothing_more():
    wishes = sequence(email(1), **trigger(TriggerKind.BIRTHDAY))
    lead = reader(birthday=date(1980, NOW.month, NOW.day))

    with beside(lambda: scanning.scan(NOW)) as other, transaction.atomic():
        triggers.begin_by_hand(wishes, [lead.pk], by=None, now=NOW, program="a test")
        other.start()
        until_it_waits_for_us()

    assert [one for one, *_rest in who(wishes)] == [lead.pk]


@pytest.mark.parametrize("before", [(), (tag(1, "warm"),)], ids=["alone", "reaching out"])
def test_staff_act_on_anybody_between_two_chunks_of_a_tick(before: tuple[Step, ...], monkeypatch: pytest.MonkeyPatch):
    """What a chunk held is free when it is over: neither who was in it nor who comes next waits for the whole tick."""
    of, staff = sequence(*before, email(2), email(3, 1)), people.staff()
    done, comes = begun(of), begun(of)
    advance_chunk = engine._advance_chunk

    def act() -> None:
        services.take_out(done.lead, by=staff, reason="moved away", now=NOW)
        one_way.pause(comes, by=staff, reason="is away", now=NOW)

    def one_chunk(*facts: Any, **named: Any) -> int:
        monkeypatch.setattr(engine, "_advance_chunk", advance_chunk)
        found = advance_chunk(*facts, **named)
        with beside(act) as other:
            other.start()
        return found

    monkeypatch.setattr(engine, "CHUNK_SIZE", 1)
    monkeypatch.setattr(engine, "_advance_chunk", one_chunk)
    services.advance(NOW)

    assert (planned(done), planned(comes)) == ([2], [])
    assert (ending(done), ending(comes)) == (("exited", "staff"), ("paused", ""))


def test_whoever_skips_holds_everybody_before_the_first_of_several_sequences_that_reach_out():
    """Addresses first, then ways, of all these sequences: a tick that tags waits, and nobody is thrown out."""
    ways = [begun(sequence(tag(1, key), email(2, 1), key=key)) for key in ("a", "b")]

    with CaptureQueriesContext(connection) as asked:
        overdue.skip(NOW + MINUTE, NOW + MINUTE)

    marks = {"address": "pg_advisory_xact_lock", "held": ") held", "claimed": "FOR NO KEY UPDATE OF e SKIP LOCKED"}
    order = [name for one in asked for name, mark in marks.items() if mark in one["sql"]]
    assert order[:3] == ["address", "held", "claimed"]
    assert order.count("held") == 1
    assert [ending(way)[0] for way in ways] == ["finished", "finished"]
