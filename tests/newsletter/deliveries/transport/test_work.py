"""What the connections share: mails in their order, drawn ahead and given back, and none after a stop."""

import pytest

from newsletter.deliveries.transport.answers import Answer, Phase
from newsletter.deliveries.transport.work import MOST_AHEAD, Work
from tests.newsletter.deliveries.transport.world import ListJournal, mail, mails


def drawn_ahead(work, count):
    for _ in range(count):
        assert work.has_room_ahead
        work.draw_ahead()


def taken(work, count):
    return [found.key for found in (work.take() for _ in range(count)) if found]


def test_mails_drawn_ahead_leave_in_their_order_before_those_that_were_not():
    work = Work(mails(6), ListJournal())
    drawn_ahead(work, 3)

    assert taken(work, 9) == [1, 2, 3, 4, 5, 6]
    assert work.is_empty()


def test_only_so_many_are_drawn_ahead():
    work = Work(mails(2 * MOST_AHEAD), ListJournal())
    drawn_ahead(work, MOST_AHEAD)

    assert not work.has_room_ahead
    assert taken(work, 1) == [1]
    assert work.has_room_ahead


def test_nothing_is_drawn_ahead_of_the_end_or_after_a_stop():
    work = Work(mails(1), ListJournal())
    drawn_ahead(work, 2)  # the second one finds the end

    assert not work.has_room_ahead
    assert not work.is_empty()

    stopped = Work(mails(9), ListJournal())
    drawn_ahead(stopped, 2)
    stopped.stop()

    assert not stopped.has_room_ahead
    assert taken(stopped, 9) == []


def test_a_mail_given_back_goes_before_those_drawn_ahead():
    work = Work(mails(3), ListJournal())
    drawn_ahead(work, 2)
    first = work.take()
    work.give_back(first, otherwise=Answer(first.key, Phase.CONNECT, accepted=False))

    assert taken(work, 3) == [1, 2, 3]


def test_an_error_while_drawing_ahead_is_kept_until_the_others_have_left():
    def broken():
        yield mail(1)
        raise ValueError("no more")

    work = Work(broken(), ListJournal())
    drawn_ahead(work, 2)

    assert taken(work, 3) == [1]
    with pytest.raises(ValueError, match="no more"):
        raise work.error
