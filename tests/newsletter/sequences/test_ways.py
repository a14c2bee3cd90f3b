"""Ways through plans, on the real database: branches, effects, handing over, and what goes wrong in the middle."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from leads.consent import services as consent
from leads.models import Lead
from leads.privacy import services as privacy
from leads.tags import services as tags
from newsletter.deliveries.models import Kind
from newsletter.models import Delivery, Enrolment, Sequence
from newsletter.sequences import services, walk
from newsletter.sequences.advance import _advance_chunk
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.models import ExitReason, Notice, SequenceState
from newsletter.sequences.plan.document import Again, EventKind, Step, StepKind, TriggerKind
from tests.factories import clinics, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import cancelled, hand_over, planned
from tests.newsletter.sequences.plans import email, lot, pause, split, tag, until_clicked
from tests.newsletter.sequences.ways import (
    DAY,
    MINUTE,
    NOW,
    Crash,
    begun,
    click,
    crashing,
    ending,
    goal,
    publish,
    reader,
    sequence,
    tick,
    trigger,
    who,
)

pytestmark = pytest.mark.django_db


def notify(key: int) -> Step:
    return Step(key, StepKind.NOTIFY, text="Call this person.")


def hand_to(key: int, other: int) -> Step:
    return Step(key, StepKind.HANDOVER, sequence=other)


def pass_days(days: int, *, start: int = 0) -> None:
    """Tick every six hours, and let everything leave at once."""
    for quarter in range(start * 4, days * 4 + 1):
        now = NOW + quarter * timedelta(hours=6)
        tick(now)
        hand_over(now)


def names(lead: Lead) -> list[str]:
    return sorted(lead.taggings.values_list("tag__name", flat=True))


def test_who_clicks_goes_one_way_and_who_does_not_the_other_and_both_meet_again():
    branch = until_clicked(2, 3, yes=(email(3),), no=(email(4), email(5, 1)))
    knee = sequence(email(1), branch, email(6, 1))
    clicker, silent = begun(knee), begun(knee)
    pass_days(1)
    click(clicker, 1, at=NOW + DAY)

    pass_days(12, start=1)

    assert (planned(clicker), planned(silent)) == ([1, 3, 6], [1, 4, 5, 6])
    assert {ending(clicker), ending(silent)} == {("finished", "")}


def test_a_split_asks_what_is_so_when_somebody_comes_there():
    knee = sequence(email(1), split(2, "sporty", yes=(email(3, 1),), no=(email(4, 1),)), email(5, 1))
    sporty, other, late = begun(knee), begun(knee), begun(knee)
    tags.add(sporty.lead, name="sporty", by=None, now=NOW)

    pass_days(1)
    tags.add(late.lead, name="sporty", by=None, now=NOW + DAY)
    pass_days(9, start=1)

    assert [planned(way) for way in (sporty, other, late)] == [[1, 3, 5], [1, 4, 5], [1, 4, 5]]


def test_a_lot_falls_the_same_for_everybody_for_ever():
    knee = sequence(lot(1, 50, yes=(email(2),), no=(email(3),)))
    ways = [begun(knee) for _ in range(30)]

    tick(NOW)

    expected = [[2] if walk.is_drawn(way.pk, 1, 50) else [3] for way in ways]
    assert [planned(way) for way in ways] == expected
    assert {2, 3} == {keys[0] for keys in expected}


def test_tags_are_put_on_and_taken_off_and_a_person_is_asked_once():
    knee = sequence(tag(1, "Warm"), notify(2), email(3), tag(4, "warm", adds=False), tag(5, "cold"), pause(6, days=1))
    way = begun(knee)
    tags.add(way.lead, name="warm", by=None, now=NOW - DAY)

    pass_days(4)

    assert names(way.lead) == ["cold"]
    assert list(Notice.objects.values_list("enrolment", "key", "text", "at")) == [(way.pk, 2, "Call this person.", NOW)]
    assert ending(way) == ("finished", "")


def test_handing_over_begins_the_other_sequence_by_its_own_rules():
    second = sequence(email(1), key="second")
    first = sequence(email(1), hand_to(2, second.pk), key="first")
    ways = [begun(first) for _ in range(3)]
    been_there = begun(second, ways[1].lead)
    services.leave(been_there.lead, reason=ExitReason.STAFF, now=NOW)
    Enrolment.objects.filter(lead=ways[1].lead, sequence=first).update(state="active", ended_at=None, exit_reason="")
    Lead.objects.filter(pk=ways[2].lead_id).update(declined_topics=["course"])

    pass_days(3)

    assert [lead for lead, _occasion, _turn, _state in who(second)] == [ways[1].lead_id, ways[0].lead_id]
    assert [ending(way)[0] for way in ways] == ["finished"] * 3


@pytest.mark.parametrize(
    ("again", "came"), [(Again.OCCASION, [7, 8]), (Again.NEVER, [0])], ids=["once per call", "once ever"]
)
def test_handing_over_is_about_the_same_call_where_people_come_once_for_each(again, came):
    third = sequence(pause(1, days=1), key="third", again=again, **trigger(TriggerKind.ATTENDED))
    second = sequence(hand_to(1, third.pk), key="second", again=Again.OCCASION, **trigger(TriggerKind.MISSED))
    first = sequence(hand_to(1, second.pk), key="first", again=Again.OCCASION, **trigger(TriggerKind.BOOKED))
    lead = reader()
    for call in (7, 8):
        begun(first, lead, occasion=call)

    for minute in range(3):
        tick(NOW + minute * MINUTE)
    assert [occasion for _lead, occasion, _turn, _state in who(second)] == [7, 8]
    assert [occasion for _lead, occasion, _turn, _state in who(third)] == came

    services.happened(TriggerKind.ATTENDED, [lead.pk], now=NOW + DAY, occasion=7)
    assert [occasion for _lead, occasion, _turn, _state in who(third)] == came


def test_who_is_hurried_is_handed_over_about_the_same_call_too():
    second = sequence(email(1), key="second", again=Again.OCCASION, **trigger(TriggerKind.ATTENDED))
    way = begun(sequence(pause(1, days=9), hand_to(2, second.pk), key="first"), occasion=7)

    services.bring_forward(way, by=people.staff(), now=NOW)

    assert who(second) == [(way.lead_id, 7, 0, "active")]


def test_sequences_that_hand_over_to_one_another_come_to_an_end():
    first = sequence(email(1), key="first")
    second = sequence(email(1), hand_to(2, first.pk), key="second")
    publish(first, plans.plan(email(1), hand_to(2, second.pk)))
    first.refresh_from_db()
    lead = begun(first).lead

    pass_days(9)

    assert [who(one) for one in (first, second)] == [[(lead.pk, 0, 0, "finished")]] * 2


def test_who_is_handed_over_to_a_paused_sequence_waits_in_it():
    second = sequence(email(1), key="second")
    first = sequence(hand_to(1, second.pk), key="first")
    owner = people.staff()
    services.pause(second, by=owner, now=NOW)
    lead = begun(first).lead

    tick(NOW)
    tick(NOW + DAY)
    waiting = second.enrolments.get()
    assert (planned(waiting), who(second)) == ([], [(lead.pk, 0, 0, "active")])
    services.resume(second, by=owner, now=NOW + DAY)
    tick(NOW + DAY + timedelta(hours=1))

    assert planned(waiting) == [1]


def test_handing_over_to_what_is_not_published_ends_the_way_all_the_same():
    clinics.clinic()
    draft = Sequence.objects.create(key="draft", name="Draft", state=SequenceState.DRAFT)
    way = begun(sequence(hand_to(1, draft.pk), hand_to(2, 10**6), key="first"))

    tick(NOW)

    assert (ending(way), who(draft)) == (("finished", ""), [])


def test_a_tag_by_a_way_begins_and_ends_others_as_anybodys_tag_does():
    begins = sequence(email(1, 1), key="begins", **trigger(TriggerKind.TAG, "warm"))
    ends = sequence(email(1, 5), key="ends", **goal(EventKind.TAG, "warm"))
    tagging = sequence(tag(1, "warm"), pause(2, days=1), key="tagging")
    lead = reader()
    other, way = begun(ends, lead), begun(tagging, lead)

    tick(NOW)

    assert (ending(other), ending(way)) == (("exited", "tag"), ("active", ""))
    assert who(begins) == [(lead.pk, 0, 0, "active")]


def test_a_way_that_reaches_its_own_goal_ends_there():
    way = begun(sequence(tag(1, "warm"), email(2), email(3, 1), **goal(EventKind.TAG, "warm")))

    pass_days(3)

    assert (ending(way), planned(way), cancelled(way)) == (("exited", "tag"), [2], [2])


def test_who_is_erased_in_the_middle_gets_nothing_more_and_leaves_no_word():
    way = begun(sequence(email(1), tag(2, "warm"), until_clicked(3, 9, yes=(email(4),)), email(5, 1)))
    tick(NOW)
    tick(NOW + MINUTE)

    privacy.erase(way.lead, by=None, now=NOW + MINUTE)
    pass_days(20)

    assert (ending(way), planned(way), cancelled(way)) == (("exited", "erased"), [1], [1])
    assert names(way.lead) == []


def test_who_unsubscribes_in_a_branch_and_takes_it_back_goes_on_in_it():
    way = begun(sequence(email(1), until_clicked(2, 3, yes=(email(3),), no=(email(4),)), email(5, 1)))
    pass_days(1)
    consent.withdraw(way.lead, how="mail", now=NOW + DAY + MINUTE)
    assert ending(way) == ("exited", "unsubscribed")
    consent.undo_withdrawal(way.lead, now=NOW + DAY + 2 * MINUTE)

    pass_days(9, start=2)

    assert planned(way) == [1, 4, 5]


def test_a_paused_sequence_holds_who_waits_for_something_and_forgets_nothing():
    knee = sequence(email(1), until_clicked(2, 3, yes=(email(3),), no=(email(4),)))
    way, owner = begun(knee), people.staff()
    pass_days(1)
    services.pause(knee, by=owner, now=NOW + DAY)
    click(way, 1, at=NOW + DAY)
    pass_days(9, start=2)
    assert planned(way) == [1]

    knee.refresh_from_db()
    assert knee.state == SequenceState.PAUSED
    services.resume(knee, by=owner, now=NOW + 10 * DAY)
    pass_days(12, start=10)

    assert planned(way) == [1, 3]


def test_the_same_mail_comes_again_only_with_another_way():
    knee = sequence(email(1), email(2, 1), again=Again.DAYS, again_days=10, again_repeats=True)
    first = begun(knee)
    pass_days(3)
    second = begun(knee, first.lead, now=NOW + 20 * DAY)
    pass_days(25, start=20)

    assert (planned(first), planned(second)) == ([1, 2], [1, 2])
    assert Delivery.objects.count() == 4


# What goes wrong


MANY = 20


def busy() -> tuple[list[Enrolment], Any]:
    """People before everything that a way can do in one look; and where it hands over to."""
    second = sequence(email(1), key="second")
    hears = sequence(email(1, 5), key="hears", **goal(EventKind.TAG, "warm"))
    first = sequence(tag(1, "warm"), notify(2), hand_to(3, second.pk), email(5), email(6, 1), key="first")
    leads = [reader() for _ in range(3)]
    for lead in leads:
        begun(hears, lead)
    return [begun(first, lead) for lead in leads], (second, hears)


def so_far(ways: list[Enrolment], others: Any) -> tuple[Any, ...]:
    second, hears = others
    return (
        [planned(way) for way in ways],
        [ending(way)[0] for way in ways],
        [names(way.lead) for way in ways],
        [state for *_rest, state in who(second)],
        [state for *_rest, state in who(hears)],
        sorted(Notice.objects.values_list("enrolment_id", "key")),
    )


def test_a_crash_between_any_two_statements_leaves_nothing_half_done_and_nothing_is_done_twice():
    ways, others = busy()
    before = so_far(ways, others)
    statement, crashes = 1, 0
    while True:
        with crashing(statement):
            try:
                _advance_chunk(ways[0].sequence_id, Almanac(), NOW, is_reaching_out=True)
                break
            except Crash:
                crashes += 1
        assert so_far(ways, others) == before
        statement += 1
    assert crashes > MANY

    assert so_far(ways, others) == (
        [[5]] * 3,
        ["active"] * 3,
        [["warm"]] * 3,
        ["active"] * 3,
        ["exited"] * 3,
        [(way.pk, 2) for way in ways],
    )
    services.advance(NOW)
    services.advance(NOW + MINUTE)
    assert [planned(way) for way in ways] == [[5]] * 3


@pytest.mark.django_db(transaction=True)
def test_many_ticks_at_once_do_everything_once():
    clinics.clinic(cap_mails=20, cap_days=1)
    ways, others = busy()
    together = threading.Barrier(4)

    def run() -> None:
        try:
            together.wait(60)
            services.advance(NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(run) for _ in range(4)]:
            future.result(60)
    services.advance(NOW)

    assert so_far(ways, others)[0] == [[5]] * 3
    assert so_far(ways, others)[5] == [(way.pk, 2) for way in ways]
    second = Delivery.objects.filter(kind=Kind.STEP).exclude(owner__in=[way.pk for way in ways])
    assert second.count() == 3
    assert second.values("owner").distinct().count() == 3
