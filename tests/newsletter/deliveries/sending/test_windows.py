"""The gate looks one window ahead: what it lets through early leaves once, or waits, or is in doubt; never twice."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from clinic.clock import database_now
from newsletter.deliveries import claim, services
from newsletter.deliveries.admission import gate
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Chunk, Kind, Lane, Later, Outcome, Uncertain
from newsletter.deliveries.sending import dispatch, meanwhile, windows
from newsletter.deliveries.sending.dispatch import Sender
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.standing import heartbeats, holds
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, Phase
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db

WINDOW = 4
PEOPLE = 14


class Wire:
    """A relay in memory. `before` is told of every mail, with the number of mails so far; `went_on` notes how many had
    left each time that PostgreSQL was waited for."""

    def __init__(self, before: Callable[[int], object] = lambda _number: None) -> None:
        self.mails: list[FinishedMail] = []
        self.went_on: list[int] = []
        self._before = before

    def submit(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object]
    ) -> Iterator[Answer]:
        for mail in mails:
            self._before(len(self.mails))
            self.mails.append(mail)
            journal.begin(mail.key)
            journal.answered(mail.key, 250)
            yield Answer(mail.key, Phase.DOT, accepted=True, code=250)

    def go_on_until(self, file: int, events: int) -> int:
        self.went_on.append(len(self.mails))
        return meanwhile.idle(file, events)

    def close(self) -> None:
        pass


@pytest.fixture
def planned(settings, tmp_path: Path) -> world.Plan:
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    return world.plan(world.leads(PEOPLE))


def send(wire: Wire, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    with FileJournal() as journal:
        lease = claim.next_lease(Lane.MARKETING, owner=journal.owner, window=WINDOW)
        assert lease is not None
        dispatch.send_lease(lease, sender=Sender(wire, journal, Stride(WINDOW), should_stop))


def test_every_window_but_the_first_was_looked_at_while_the_one_before_it_left(planned):
    wire = Wire()
    send(wire)

    assert sorted(set(wire.went_on)) == [2, 6, 10]
    assert [mail.key for mail in wire.mails] == planned.ids
    assert world.states(planned.ids) == {"submitted": PEOPLE}
    assert Chunk.objects.get().done is True


def test_a_chunk_is_not_closed_before_its_last_window_is_written_down(planned):
    open_ones = []
    send(Wire(lambda _number: open_ones.append(Chunk.objects.filter(done=False).count())))

    assert open_ones == [1] * PEOPLE


def test_what_was_let_through_ahead_waits_when_the_sender_is_asked_to_stop(planned):
    wire = Wire()
    send(wire, should_stop=lambda: len(wire.mails) >= 3)

    assert len(wire.mails) == 3
    assert world.states(planned.ids) == {"submitted": 3, "later": 5, "planned": 6}
    assert set(Later.objects.values_list("reason", flat=True)) == {"not begun"}
    assert Chunk.objects.get(done=False).lease_owner == ""


def test_what_is_cancelled_between_two_looks_does_not_leave(planned):
    def cancel(number: int) -> None:
        if number == WINDOW - 1:
            services.cancel_batches(Kind.CAMPAIGN, 7, reason="changed our mind", now=database_now())

    wire = Wire(cancel)
    send(wire)

    assert len(wire.mails) == 2 * WINDOW
    assert world.states(planned.ids) == {"submitted": 2 * WINDOW, "cancelled": PEOPLE - 2 * WINDOW}
    assert Chunk.objects.get().done is True


def test_what_is_cancelled_before_the_look_ahead_does_not_leave(planned):
    def cancel(number: int) -> None:
        if number == 1:
            services.cancel_batches(Kind.CAMPAIGN, 7, reason="changed our mind", now=database_now())

    wire = Wire(cancel)
    send(wire)

    assert len(wire.mails) == WINDOW
    assert world.states(planned.ids) == {"submitted": WINDOW, "cancelled": PEOPLE - WINDOW}
    assert Chunk.objects.get().done is True


def test_a_sender_that_lost_its_lease_finishes_its_window_and_begins_no_other(planned):
    def take_over(number: int) -> None:
        if number == 1:
            Chunk.objects.update(fence=99, lease_owner="another")

    wire = Wire(take_over)
    send(wire)

    assert len(wire.mails) == WINDOW
    assert Outcome.objects.count() == WINDOW
    assert Chunk.objects.get().lease_owner == "another"


def lease_runs_out() -> None:
    """More time passes than a lease lasts."""
    Chunk.objects.update(lease_until=database_now() - timedelta(seconds=1))
    Later.objects.filter(lease_owner__gt="").update(lease_until=database_now() - timedelta(seconds=1))


def another_asks() -> claim.Lease | None:
    return claim.next_lease(Lane.MARKETING, owner="another", window=WINDOW)


@pytest.fixture(params=["of a chunk", "of later rows"])
def window(request, planned, monkeypatch) -> list[int]:
    """What a sender takes first; it looks about after every mail."""
    monkeypatch.setattr(windows, "HOLD_SECONDS", -1.0)
    monkeypatch.setattr(windows, "RENEW_SECONDS", -1.0)
    first = planned.ids[:WINDOW]
    if request.param == "of later rows":
        Chunk.objects.update(mark=PEOPLE, done=True)
        for one in first:
            Later.objects.create(delivery_id=one, lane=Lane.MARKETING, due_at=database_now())
    return first


def test_a_sender_that_waits_for_its_relay_keeps_its_lease(window):
    """The relay takes longer over each mail than a lease lasts; others get nothing, and doubt nothing."""
    found: list[tuple[claim.Lease | None, int]] = []

    def later(number: int) -> None:
        if number:
            found.append((another_asks(), Uncertain.objects.count()))
        lease_runs_out()

    send(Wire(later))

    assert found == [(None, 0)] * len(found)
    assert world.states(window) == {"submitted": WINDOW}


def test_a_sender_that_finds_its_lease_lost_begins_nothing_more(window):
    taken: list[claim.Lease | None] = []

    def froze(number: int) -> None:
        if number == 1:
            lease_runs_out()
            taken.append(another_asks())

    wire = Wire(froze)
    send(wire)

    assert [mail.key for mail in wire.mails] == window[:2]
    assert world.states(window) == {"submitted": 2, "later": 2}
    assert Chunk.objects.filter(lease_owner="another").count() == sum(one is not None for one in taken)


def test_a_sender_is_seen_at_work_while_one_window_leaves(planned, monkeypatch):
    monkeypatch.setattr(heartbeats, "EVERY", -1.0)
    before, name = database_now() - timedelta(minutes=10), heartbeats.sender(Lane.MARKETING)
    heartbeats.beat(name, now=before)
    seen = []
    send(Wire(lambda _number: seen.append(heartbeats.last_seen()[name])))

    assert seen[0] == before
    assert before < seen[1] < seen[WINDOW - 1]


def test_a_relay_that_is_slow_over_each_mail_has_as_many_under_way_as_it_takes_at_once(planned, monkeypatch):
    monkeypatch.setattr(windows, "SECONDS", 0.0)
    monkeypatch.setattr(windows, "QUICK", 0.0)
    lengths = []

    class Wide(Wire):
        width = 3

        def submit(
            self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object]
        ) -> Iterator[Answer]:
            window = list(mails)
            lengths.append(len(window))
            return super().submit(window, journal=journal, look=look)

    send(Wide())

    assert lengths == [WINDOW, 3, 3, 3, 1]


def test_nothing_is_looked_at_ahead_of_a_slow_relay(planned, monkeypatch):
    monkeypatch.setattr(windows, "QUICK", 0.0)
    wire = Wire()
    send(wire)

    assert wire.went_on == []
    assert world.states(planned.ids) == {"submitted": PEOPLE}


def test_what_was_seen_too_long_ago_is_looked_at_again(planned, monkeypatch):
    """The second half of the first window takes so long that the second window has to be looked at anew."""
    seconds, wire = gate.seconds, Wire()
    monkeypatch.setattr(gate, "seconds", lambda: seconds() + (6 if len(wire.mails) >= WINDOW else 0))

    send(wire)

    ahead = planned.ids[WINDOW : 2 * WINDOW]
    assert [mail.key for mail in wire.mails] == [one for one in planned.ids if one not in ahead]
    assert sorted(Later.objects.values_list("delivery_id", flat=True)) == ahead


def test_a_hold_is_heard_between_two_looks(planned, monkeypatch):
    monkeypatch.setattr(windows, "HOLD_SECONDS", -1.0)

    def hold(number: int) -> None:
        if number == 2:
            holds.hold("Wait.", by=None, now=database_now())

    wire = Wire(hold)
    send(wire)

    assert len(wire.mails) == 3
    assert world.states(planned.ids) == {"submitted": 3, "later": 5, "planned": 6}


def test_a_pause_is_heard_between_two_looks(window):
    owner = Chunk.objects.select_related("batch").get().batch.owner_id

    wire = Wire(lambda number: services.pause(Kind.CAMPAIGN, owner) if number == 2 else None)
    send(wire)

    assert len(wire.mails) == 3
    assert world.states(window) == {"submitted": 3, "later": 1}


def test_what_was_finished_ahead_does_not_begin_after_a_hold_or_a_stop(planned, monkeypatch):
    class Eager(Wire):
        """Draws everything at once, as a client does while the relay thinks."""

        is_halted = False

        def submit(
            self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object]
        ) -> Iterator[Answer]:
            for mail in list(mails):
                if not self.is_halted:
                    yield from super().submit([mail], journal=journal, look=look)

        def halt(self) -> None:
            self.is_halted = True

    wire = Eager()
    send(wire, should_stop=lambda: len(wire.mails) == 2)

    assert len(wire.mails) == 2
    assert world.states(planned.ids)["submitted"] == 2
    assert sum(world.states(planned.ids).values()) == PEOPLE


def test_a_trouble_of_the_wire_ends_no_question_halfway(planned):
    class Broken(Wire):
        def go_on_until(self, file: int, events: int) -> int:
            raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space"):
        send(Broken())

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert Chunk.objects.get().mark == 2 * WINDOW


@pytest.mark.parametrize(
    ("count", "seconds", "at_once", "length"),
    [(100, 0.5, 1, 250), (100, 5.0, 1, 40), (0, 9.0, 1, 100), (1, 60.0, 1, 1), (4, 20.0, 4, 4), (9, 9.0, 999, 250)],
)
def test_a_window_is_what_the_relay_takes_in_two_seconds_and_not_less_than_it_takes_at_once(
    count, seconds, at_once, length
):
    stride = Stride(250)
    assert stride.length == 100

    stride.learn(count, seconds, at_once=at_once)
    assert stride.length == length
