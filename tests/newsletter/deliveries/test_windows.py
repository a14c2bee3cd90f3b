"""The gate looks one window ahead: what it lets through early leaves once, or waits, or is in doubt; never twice."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path

import pytest
from django.db import connection, transaction

from clinic.clock import database_now
from newsletter.deliveries import claim, dispatch, services, windows
from newsletter.deliveries.dispatch import Sender
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Chunk, Kind, Lane, Later, Outcome
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, Phase
from newsletter.deliveries.windows import GateThread
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = 4
PEOPLE = 14


class Thread(GateThread):
    """Remembers what it was asked, so that a test can wait until the gate has looked ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Future] = []

    def look(self, *asked, **window):
        self.asked.append(super().look(*asked, **window))
        return self.asked[-1]


class Wire:
    """A relay in memory; `before` is told of every mail, with the number of mails so far."""

    def __init__(self, before: Callable[[int], None] = lambda _number: None) -> None:
        self.mails: list[FinishedMail] = []
        self._before = before

    def submit(self, mails: Iterable[FinishedMail], *, journal: Journal) -> Iterator[Answer]:
        for mail in mails:
            self._before(len(self.mails))
            self.mails.append(mail)
            journal.begin(mail.key)
            journal.answered(mail.key, 250)
            yield Answer(mail.key, Phase.DOT, accepted=True, code=250)

    def close(self) -> None:
        pass


@pytest.fixture
def planned(settings, tmp_path: Path) -> world.Plan:
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    return world.plan(world.leads(PEOPLE))


def send(wire: Wire, thread: Thread, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    with FileJournal() as journal:
        lease = claim.next_lease(Lane.MARKETING, owner=journal.owner, window=WINDOW)
        assert lease is not None
        dispatch.send_lease(lease, sender=Sender(wire, journal, WINDOW, should_stop, thread=thread))


def test_every_window_but_the_first_was_looked_at_while_the_one_before_it_left(planned):
    wire = Wire()
    with Thread() as thread:
        send(wire, thread)

    assert len(thread.asked) == 3
    assert [mail.key for mail in wire.mails] == planned.ids
    assert world.states(planned.ids) == {"submitted": PEOPLE}
    assert Chunk.objects.get().done is True


def test_a_chunk_is_not_closed_before_its_last_window_is_written_down(planned):
    open_ones = []
    wire = Wire(lambda _number: open_ones.append(Chunk.objects.filter(done=False).count()))
    with Thread() as thread:
        send(wire, thread)

    assert open_ones == [1] * PEOPLE


def test_what_was_let_through_ahead_waits_when_the_sender_is_asked_to_stop(planned):
    with Thread() as thread:
        wire = Wire(lambda _number: wait(thread.asked))
        send(wire, thread, should_stop=lambda: len(wire.mails) >= 3)

    assert len(wire.mails) == 3
    assert world.states(planned.ids) == {"submitted": 3, "later": 5, "planned": 6}
    assert set(Later.objects.values_list("reason", flat=True)) == {"not begun"}
    assert Chunk.objects.get(done=False).lease_owner == ""


def test_what_is_cancelled_between_two_looks_does_not_leave(planned):
    def cancel(number: int) -> None:
        if number == WINDOW // 2:
            wait(thread.asked)
            services.cancel_batches(Kind.CAMPAIGN, 7, reason="changed our mind", now=database_now())

    with Thread() as thread:
        wire = Wire(cancel)
        send(wire, thread)

    assert len(wire.mails) == 2 * WINDOW
    assert world.states(planned.ids) == {"submitted": 2 * WINDOW, "cancelled": PEOPLE - 2 * WINDOW}
    assert Chunk.objects.get().done is True


def test_a_sender_that_lost_its_lease_finishes_its_window_and_begins_no_other(planned):
    def take_over(number: int) -> None:
        if number == 1:
            Chunk.objects.update(fence=99, lease_owner="another")

    with Thread() as thread:
        wire = Wire(take_over)
        send(wire, thread)

    assert len(wire.mails) == WINDOW
    assert Outcome.objects.count() == WINDOW
    assert Chunk.objects.get().lease_owner == "another"


def test_nothing_is_looked_at_ahead_of_a_slow_relay(planned, monkeypatch):
    monkeypatch.setattr(windows, "QUICK", 0.0)
    wire = Wire()
    with Thread() as thread:
        send(wire, thread)

    assert thread.asked == []
    assert world.states(planned.ids) == {"submitted": PEOPLE}


def test_an_opt_out_waits_for_no_window(planned):
    """The gate ahead has committed before the mails of its window leave: nobody's lock is held meanwhile."""
    locks = []

    def look(number: int) -> None:
        wait(thread.asked)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            locks.append(cursor.fetchone()[0])

    with Thread() as thread:
        send(Wire(look), thread)

    assert locks == [0] * PEOPLE
