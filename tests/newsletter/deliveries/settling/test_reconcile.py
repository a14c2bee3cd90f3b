from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import AuditEvent, User
from clinic.clock import database_now
from newsletter.deliveries import claim, guard, journal, record, services
from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Chunk, Delivery, Kind, Lane, Later, Outcome, Recall, State, Uncertain
from newsletter.deliveries.record import Record
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.standing import overdue
from newsletter.deliveries.transport.answers import NOBODY_THERE
from newsletter.models import Suppression
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def journals(settings, tmp_path: Path) -> Path:
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    return tmp_path


def killed_sender(journals: Path, *, lines: str, window: int = 4, lane: Lane = Lane.MARKETING) -> world.Plan:
    """A sender that marked a window, wrote these lines (delivery by its place) and died."""
    planned = world.plan(world.leads(6), lane=lane)
    lease = claim.next_lease(lane, owner="host-1-dead", window=window)
    assert lease is not None
    gate.admit(lease, Record(), window=window)
    told = lines.format(*planned.ids)
    (journals / "host-1-dead.journal").write_text(f"boot {journal.boot()}\n{told}")
    return planned


def test_a_journal_settles_all_but_what_had_begun(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\nB {1}\n")

    assert reconcile.bury_the_dead() == 1

    assert world.states(planned.ids) == {"submitted": 1, "uncertain": 1, "later": 2, "planned": 2}
    assert Uncertain.objects.get().delivery_id == planned.ids[1]
    assert Chunk.objects.get().lease_until is None


def database_goes_back() -> None:
    """A standby took over that had not heard of the lease, its mark and what came of it."""
    Chunk.objects.update(mark=0, lease_owner="", lease_until=None)


def test_what_the_journal_tells_beyond_a_lost_mark_does_not_leave_again(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\nB {1}\nB {2}\nA {2} 554\nB {3}\nA {3} 451\n")
    database_goes_back()

    assert reconcile.bury_the_dead() == 1

    assert world.states(planned.ids) == {"submitted": 1, "uncertain": 1, "failed": 1, "planned": 3}
    lease = claim.next_lease(Lane.MARKETING, owner="next", window=6)
    assert [row.id for row in gate.admit(lease, Record(), window=6).rows] == planned.ids[3:]


def test_a_doubt_beyond_a_lost_mark_cannot_be_cancelled_but_is_not_tried_again(journals: Path):
    planned = killed_sender(journals, lines="B {0}\n")
    database_goes_back()
    reconcile.bury_the_dead()
    doubted = Delivery.objects.get(pk=planned.ids[0])

    services.cancel_all_of(doubted.lead_id, reason="unsubscribed", now=database_now())

    assert world.states(planned.ids) == {"uncertain": 1, "planned": 5}
    assert Outcome.objects.count() == 0
    assert Recall.objects.get().delivery_id == doubted.pk


def test_marks_follow_what_the_journal_tells_and_nothing_is_offered_by_two_ways(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\nB {2}\n")
    database_goes_back()
    reconcile.bury_the_dead()
    assert world.states(planned.ids) == {"submitted": 1, "uncertain": 1, "later": 1, "planned": 3}

    reconcile.decide(planned.ids[2], again=True, by=staff(), now=database_now())

    offered = []
    for owner in ("one", "another"):
        lease = claim.next_lease(Lane.MARKETING, owner=owner, window=6)
        assert lease is not None
        offered += [row.id for row in gate.admit(lease, Record(), window=6).rows]
    assert offered == planned.ids[1:]


def skip_it() -> None:
    overdue.settle(before=database_now(), lanes=[Lane.MARKETING], now=database_now(), over=timedelta(0))


def put_it_off() -> None:
    overdue.settle(before=None, lanes=[Lane.MARKETING], now=database_now(), over=timedelta(0))


def cancel_it() -> None:
    services.cancel_batches(Kind.CAMPAIGN, 7, reason="changed our mind", now=database_now())


@pytest.mark.parametrize(
    ("act", "rest", "again"),
    [(skip_it, "expired", "later"), (put_it_off, "later", "later"), (cancel_it, "cancelled", "cancelled")],
)
def test_what_becomes_of_the_rest_leaves_a_doubt_beyond_a_lost_mark_to_whoever_decides(
    journals: Path, act: Callable[[], None], rest: str, again: str
):
    planned = killed_sender(journals, lines="B {0}\nB {2}\n")
    database_goes_back()
    reconcile.bury_the_dead()

    act()

    in_doubt = [planned.ids[0], planned.ids[2]]
    assert world.states(planned.ids) == {"uncertain": 2, rest: 4}
    assert not Later.objects.filter(delivery_id__in=in_doubt).exists()

    reconcile.decide(in_doubt[0], again=True, by=staff(), now=database_now())
    lease = claim.next_lease(Lane.MARKETING, owner="next", window=6)
    assert lease is not None
    admitted = gate.admit(lease, Record(), window=6)
    assert world.states(in_doubt) == {"uncertain": 1, again: 1}
    assert (admitted is not None and in_doubt[0] in [row.id for row in admitted.rows]) is (again == "later")


def waiting(planned: world.Plan, **fields: object) -> None:
    Chunk.objects.update(mark=6, done=True, lease_owner="", lease_until=None)
    for one in planned.ids:
        Later.objects.create(delivery_id=one, lane=Lane.MARKETING, due_at=database_now(), attempt=2, **fields)


def test_what_the_journal_tells_of_a_postponed_mail_whose_mark_was_lost_is_kept(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\nB {1}\nB {2}\nA {2} 451\n")
    waiting(planned)

    reconcile.bury_the_dead()

    assert world.states(planned.ids) == {"submitted": 1, "uncertain": 1, "later": 4}
    assert Later.objects.count() == 4
    assert Uncertain.objects.get().attempt == 2


def test_what_staff_had_sent_again_is_not_in_doubt_once_more_when_its_journal_is_found(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nB {1}\nA {1} 250\n")
    waiting(planned, reason=reconcile.SENT_AGAIN)

    reconcile.bury_the_dead()

    assert world.states(planned.ids) == {"later": 5, "submitted": 1}


def test_what_another_sender_has_in_hand_by_now_is_its_own_to_tell_unless_it_was_taken(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\nB {1}\n")
    waiting(planned, marked_at=database_now(), lease_owner="next", lease_until=database_now() + timedelta(minutes=1))

    reconcile.bury_the_dead()

    assert world.states(planned.ids) == {"submitted": 1, "later": 5}


def test_a_refusal_in_the_journal_is_retried_or_final(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 451\nB {1}\nA {1} 554\n", window=2)

    reconcile.bury_the_dead()

    assert world.states(planned.ids[:2]) == {"later": 1, "failed": 1}


def test_whom_the_relay_does_not_know_is_not_asked_for_again_by_any_campaign(journals: Path):
    planned = killed_sender(journals, lines=f"A {{0}} {NOBODY_THERE}\nA {{1}} 554\n", window=2)

    reconcile.bury_the_dead()

    assert world.states(planned.ids[:2]) == {"failed": 2}
    known, reason = Suppression.objects.values_list("delivery_id", "reason").get()
    assert (known, reason, Uncertain.objects.count()) == (planned.ids[0], "hard_bounce", 0)
    assert Outcome.objects.get(pk=planned.ids[0]).reason == "rcpt: 550 5.1.1 nobody lives there"


@pytest.mark.parametrize(
    ("in_a_row", "states"), [(guard.IN_A_ROW, {"later": 1, "failed": 1}), (guard.IN_A_ROW - 1, {"failed": 2})]
)
def test_other_mail_of_a_dead_sender_is_as_it_would_be_of_a_living_one_when_a_relay_knows_nobody(
    in_a_row: int, states: dict[str, int], journals: Path
):
    guard.report_alone(guard.NOBODY * in_a_row, words="550 5.1.1 no such user")
    told = f"A {{0}} {NOBODY_THERE}\nA {{1}} 554\n"
    planned = killed_sender(journals, lines=told, window=2, lane=Lane.TRANSACTIONAL)

    reconcile.bury_the_dead()

    assert world.states(planned.ids[:2]) == states
    waiting = Later.objects.filter(reason="rcpt: 550 5.1.1 nobody lives there", due_at__gt=database_now(), attempt=1)
    assert waiting.count() == states.get("later", 0)
    assert Suppression.objects.count() == 1 - waiting.count()


def test_a_campaigns_relay_is_believed_whatever_other_mail_was_told(journals: Path):
    guard.report_alone(guard.NOBODY * guard.IN_A_ROW, words="550 5.1.1 no such user")
    planned = killed_sender(journals, lines=f"A {{0}} {NOBODY_THERE}\n", window=1)

    reconcile.bury_the_dead()

    assert world.states(planned.ids[:1]) == {"failed": 1}
    assert Suppression.objects.count() == 1


def test_without_a_journal_the_whole_window_is_uncertain(journals: Path):
    planned = killed_sender(journals, lines="")
    (journals / "host-1-dead.journal").unlink()
    Chunk.objects.update(lease_until=database_now() - timedelta(seconds=1))

    claim.next_lease(Lane.MARKETING, owner="next", window=4)

    assert world.states(planned.ids) == {"uncertain": 4, "planned": 2}


def test_a_journal_of_another_boot_settles_only_what_was_answered(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\n")
    path = journals / "host-1-dead.journal"
    path.write_text(path.read_text().replace(journal.boot(), "another"))

    reconcile.bury_the_dead()

    assert world.states(planned.ids) == {"submitted": 1, "uncertain": 3, "planned": 2}


def test_burying_twice_changes_nothing(journals: Path):
    planned = killed_sender(journals, lines="B {0}\nA {0} 250\nB {1}\n")
    reconcile.bury_the_dead()
    before = world.states(planned.ids)

    assert reconcile.bury_the_dead() == 0
    assert world.states(planned.ids) == before


def doubted(journals: Path) -> int:
    planned = killed_sender(journals, lines="B {0}\n", window=1)
    reconcile.bury_the_dead()
    return planned.ids[0]


def staff() -> User:
    return User.objects.create_user("desk@harbour.example", name="Sam")


def test_a_person_treats_it_as_sent(journals: Path):
    delivery = doubted(journals)

    assert reconcile.decide(delivery, again=False, by=staff(), now=database_now()) is True

    assert world.states([delivery]) == {"closed": 1}
    assert AuditEvent.objects.get().act == "delivery.treated_as_sent"


def test_a_person_has_it_sent_again(journals: Path):
    delivery = doubted(journals)

    reconcile.decide(delivery, again=True, by=staff(), now=database_now())

    assert world.states([delivery]) == {"later": 1}
    assert Later.objects.get().delivery_id == delivery


def test_deciding_twice_does_nothing_the_second_time(journals: Path):
    delivery = doubted(journals)
    person = staff()
    reconcile.decide(delivery, again=False, by=person, now=database_now())

    assert reconcile.decide(delivery, again=True, by=person, now=database_now()) is False
    assert world.states([delivery]) == {"closed": 1}


def test_evidence_settles_it(journals: Path):
    delivery = doubted(journals)

    settled = reconcile.evidence(delivery, submitted=True, now=database_now(), reason="the provider says so")

    assert settled is True
    assert world.states([delivery]) == {"submitted": 1}


def test_evidence_about_a_settled_delivery_changes_nothing(journals: Path):
    delivery = doubted(journals)
    reconcile.evidence(delivery, submitted=True, now=database_now(), reason="first")

    assert not reconcile.evidence(delivery, submitted=False, now=database_now(), reason="second")
    assert Outcome.objects.get(delivery_id=delivery).reason == "first"


def test_after_a_week_it_counts_as_sent(journals: Path):
    delivery = doubted(journals)
    now = database_now()

    assert reconcile.close_old(now=now + timedelta(days=6, hours=23)) == 0
    assert reconcile.close_old(now=now + timedelta(days=7, hours=1)) == 1
    assert world.states([delivery]) == {"closed": 1}


def silence(admitted: gate.Admitted) -> Record:
    """What a sender knows of a window of two: the first was met with silence after its dot, the second was taken."""
    told = Record()
    told.doubt(admitted.subject(admitted.rows[0]), at=admitted.at, why="dot: timed out")
    told.end(admitted.subject(admitted.rows[1]), State.SUBMITTED, at=admitted.at)
    return told


def dies(journals: Path, owner: str) -> None:
    """A sender that has forgotten what was committed, and then dies."""
    (journals / f"{owner}.journal").write_text(f"boot {journal.boot()}\n")


def test_what_a_sender_could_not_tell_itself_is_not_sent_again_when_it_dies(journals: Path):
    planned = world.plan(world.leads(6))
    lease = claim.next_lease(Lane.MARKETING, owner="host-1-dead", window=2)
    assert lease is not None
    gate.admit(lease, silence(gate.admit(lease, Record(), window=2)), window=2)
    dies(journals, lease.owner)

    reconcile.bury_the_dead()

    assert world.states(planned.ids[:2]) == {"uncertain": 1, "submitted": 1}
    assert Uncertain.objects.get().why == "dot: timed out"


def test_a_doubt_told_by_a_sender_that_had_lost_its_lease_is_not_settled_by_its_later_journal(journals: Path):
    planned = world.plan(world.leads(2))
    lease = claim.next_lease(Lane.MARKETING, owner="host-1-slow", window=2)
    assert lease is not None
    told = silence(gate.admit(lease, Record(), window=2))
    Chunk.objects.update(lease_until=database_now() - timedelta(seconds=1))
    claim.next_lease(Lane.MARKETING, owner="next", window=2)
    record.salvage(told, lane=lease.lane, owner=lease.owner)
    dies(journals, lease.owner)

    reconcile.bury_the_dead()

    assert world.states(planned.ids) == {"uncertain": 1, "submitted": 1}


def test_postponed_mails_that_a_dead_sender_held_are_free_again(journals: Path):
    planned = world.plan(world.leads(2))
    Chunk.objects.update(mark=2, done=True)
    for one in planned.ids:
        Later.objects.create(delivery_id=one, lane=Lane.MARKETING, due_at=database_now())
    claim.next_lease(Lane.MARKETING, owner="host-1-dead", window=2)
    dies(journals, "host-1-dead")

    reconcile.bury_the_dead()

    assert set(Later.objects.values_list("lease_owner", "lease_until")) == {("", None)}
    assert claim.next_lease(Lane.MARKETING, owner="next", window=2).attempts == dict.fromkeys(planned.ids, 0)
