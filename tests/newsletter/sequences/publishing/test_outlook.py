import pytest

from newsletter.models import Delivery
from newsletter.sequences import publishing, services
from newsletter.sequences.publishing import Choice
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import DAY, NOW, hand_over, planned, walk
from tests.newsletter.sequences.publishing.test_versions import MOVE, inside, mailing, publish, sequence

pytestmark = pytest.mark.django_db


def test_staff_see_beforehand_who_would_get_what_and_publishing_does_just_that():
    one, two, three = mailing(1), mailing(2, 2), mailing(3, 2)
    made = sequence(one, two, three)
    far = inside(made)
    walk(NOW + 2 * DAY)
    hand_over(NOW + 2 * DAY)
    near, over = inside(made, at=NOW + 2 * DAY), inside(made)
    type(over).objects.filter(pk=over.pk).update(state="finished", ended_at=NOW, due_at=None, next_position=3)
    now, changed = NOW + 2 * DAY + DAY / 24, (one, mailing(4, 1), three, mailing(5, 1))

    seen = publishing.preview(made, plans.plan(*changed), now)

    assert (seen.inside, seen.would_move, seen.stay, seen.finished, seen.taken_back) == (2, 1, 1, 0, 0)
    told = {person.way_id: person for person in seen.people}
    keys = {pk: ([mail.key for mail in of.before], [mail.key for mail in of.after]) for pk, of in told.items()}
    assert keys == {far.pk: ([3], [3]), near.pk: ([1, 2, 3], [1, 4, 3, 5])}
    assert {pk: of.moves for pk, of in told.items()} == {far.pk: False, near.pk: True}

    publish(made, *changed, choice=MOVE, at=now)
    walk(NOW + 9 * DAY, start=now)
    assert (planned(far), planned(near)) == ([1, 2, 3], [1, 4, 3, 5])


def test_looking_changes_nothing_and_says_what_publishing_then_does():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one, two)
    inside(made)
    services.advance(NOW)
    hand_over(NOW)
    services.advance(NOW + 2 * DAY)
    changed, now = (one, mailing(3, 1), mailing(4, 1)), NOW + 2 * DAY

    seen = publishing.preview(made, plans.plan(*changed), now)

    assert (seen.inside, seen.finished, seen.taken_back) == (0, 0, 1)
    assert Delivery.objects.count() == 2
    done = publish(made, *changed, choice=MOVE, at=now)
    assert (done.moved, done.cancelled) == (0, 1)


def test_who_has_finished_is_counted_if_something_is_new_for_them():
    one = mailing(1)
    made = sequence(one)
    inside(made)
    services.advance(NOW)
    longer = (one, mailing(2, 1))

    assert publishing.preview(made, plans.plan(*longer), NOW).finished == 1
    assert publishing.preview(made, plans.plan(one), NOW).finished == 0
    assert publish(made, *longer, choice=Choice(also_finished=True)).taken_up == 1
