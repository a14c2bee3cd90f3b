"""A draft is saved after every act; undone and done again, also after a reload; nobody is written over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import User
from newsletter.models import DraftState, Sequence
from newsletter.sequences import publishing, writing
from newsletter.sequences.plan.document import Plan
from newsletter.sequences.publishing import Overtaken
from newsletter.sequences.schedule import Wait
from newsletter.sequences.writing import Act, NothingThere, Ways
from tests.factories.clinics import clinic
from tests.factories.people import staff
from tests.newsletter.sequences.plans import NOW, email, end, pause, plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> User:
    clinic()
    return staff()


@pytest.fixture
def begun(dana: User) -> Sequence:
    return writing.begin("After the call", topic="course", by=dana, now=NOW)


def again(sequence: Sequence) -> Sequence:
    """As the next request finds it."""
    return Sequence.objects.get(pk=sequence.pk)


def does(sequence: Sequence, made: Plan, by: User, *, said: str = "", at: int = 0) -> None:
    """Saves this plan, made out of the draft that is there."""
    found = again(sequence)
    writing.keep(found, Act(made, found.draft_number, said), by=by, now=NOW + timedelta(seconds=at))


def undoes(sequence: Sequence, by: User, how=writing.undo) -> Plan:
    found = again(sequence)
    how(found, found.draft_number, by=by, now=NOW)
    return publishing.draft(again(sequence))


def redoes(sequence: Sequence, by: User) -> Plan:
    return undoes(sequence, by, writing.redo)


ONE, TWO, THREE = plan(pause(1)), plan(pause(1), end(2)), plan(pause(1), end(2), email(3))


def test_it_begins_empty_and_nobody_can_enter_it(begun: Sequence):
    assert (publishing.draft(begun), begun.state, begun.published, begun.key) == (
        Plan(),
        "draft",
        None,
        "after-the-call",
    )


def test_two_of_the_same_name_have_keys_of_their_own(begun: Sequence, dana: User):
    others = [writing.begin(name, topic="course", by=dana, now=NOW).key for name in ("After the call", "後", "後" * 40)]

    assert others == ["after-the-call-2", "sequence", "sequence-2"]


def test_what_was_done_is_undone_and_done_again_step_by_step(begun: Sequence, dana: User):
    for made in (ONE, TWO, THREE):
        does(begun, made, dana)

    assert [undoes(begun, dana) for _ in range(3)] == [TWO, ONE, Plan()]
    assert writing.ways(again(begun)) == Ways(back=False, forth=True)
    with pytest.raises(NothingThere):
        undoes(begun, dana)
    assert [redoes(begun, dana) for _ in range(3)] == [ONE, TWO, THREE]
    assert writing.ways(again(begun)) == Ways(back=True, forth=False)
    assert [undoes(begun, dana), undoes(begun, dana), redoes(begun, dana), undoes(begun, dana)] == [TWO, ONE, TWO, ONE]


def test_after_something_new_there_is_nothing_to_do_again(begun: Sequence, dana: User):
    does(begun, ONE, dana)
    undoes(begun, dana)
    does(begun, TWO, dana)

    with pytest.raises(NothingThere):
        redoes(begun, dana)
    assert undoes(begun, dana) == Plan()


def test_what_is_changed_in_one_breath_is_undone_together(begun: Sequence, dana: User):
    does(begun, ONE, dana)
    for days in range(1, 5):
        longer = plan(replace(ONE.steps[0], wait=Wait(days=days)))
        does(begun, longer, dana, said="change-1", at=days * 5)
    does(begun, plan(replace(ONE.steps[0], wait=Wait(days=9))), dana, said="change-1", at=60)

    assert undoes(begun, dana) == longer
    assert undoes(begun, dana) == ONE


def test_a_colleagues_changes_in_the_same_breath_are_undone_by_themselves(begun: Sequence, dana: User):
    sam = staff()
    does(begun, ONE, dana, said="change-1")
    does(begun, TWO, sam, said="change-1")

    assert undoes(begun, dana) == ONE


def test_whoever_was_overtaken_is_told_and_changes_nothing(begun: Sequence, dana: User):
    seen = again(begun)
    does(begun, ONE, dana)

    for act in (
        lambda: writing.keep(seen, Act(TWO, seen.draft_number), by=dana, now=NOW),
        lambda: writing.keep(again(begun), Act(TWO, seen.draft_number), by=dana, now=NOW),
        lambda: writing.undo(seen, seen.draft_number + 1, by=dana, now=NOW),
        lambda: writing.undo(again(begun), seen.draft_number, by=dana, now=NOW),
    ):
        with pytest.raises(Overtaken):
            act()
    assert publishing.draft(again(begun)) == ONE


def test_saving_what_is_there_already_makes_no_state(begun: Sequence, dana: User):
    does(begun, ONE, dana)
    number = again(begun).draft_number
    does(begun, ONE, dana)

    assert again(begun).draft_number == number


def test_a_key_is_not_used_again_though_its_step_was_taken_out_and_undone(begun: Sequence, dana: User):
    does(begun, THREE, dana)
    does(begun, ONE, dana)
    undoes(begun, dana)
    undoes(begun, dana)

    assert publishing.draft(again(begun)) == Plan()
    assert writing.fresh_key(again(begun), Plan()) == 4


def test_the_history_is_no_longer_than_it_may_be(begun: Sequence, dana: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "MOST_STATES", 4)
    for days in range(1, 8):
        does(begun, plan(pause(1, days=days)), dana)

    assert DraftState.objects.count() == 4
    assert [undoes(begun, dana).steps[0].wait.days for _ in range(2)] == [6, 5]
    assert writing.ways(again(begun)).back is False
