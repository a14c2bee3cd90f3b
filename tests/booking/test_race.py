"""Two people at once, on a real database: the slot goes to one of them, and neither gets an error page."""

import threading

import pytest
from django.db import connection

from booking import services
from booking.models import Appointment, Goal
from booking.services import SlotTaken
from leads.models import Lead
from tests.booking.diary import FRIDAY, NOW, THURSDAY, visitor, wanted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clinic", "templates")]


def at_once(*acts):
    """Let every act begin at the same moment, each on a connection of its own; return what each ended in."""
    barrier = threading.Barrier(len(acts))
    endings = [None] * len(acts)

    def run(place, act):
        try:
            barrier.wait(timeout=60)
            endings[place] = act()
        except SlotTaken as error:
            endings[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=numbered) for numbered in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return endings


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_book_the_same_slot_exactly_one_gets_it(attempt):
    endings = at_once(
        lambda: services.book(visitor("ana@mail.example"), wanted=wanted(), now=NOW),
        lambda: services.book(visitor("ben@mail.example"), wanted=wanted(), now=NOW),
    )

    assert sorted(type(ending).__name__ for ending in endings) == ["Appointment", "SlotTaken"]
    assert Appointment.objects.count() == Goal.objects.count() == Lead.objects.count() == 1


def test_one_person_who_clicks_twice_has_one_call():
    endings = at_once(
        lambda: services.book(visitor(), wanted=wanted(), now=NOW),
        lambda: services.book(visitor(), wanted=wanted(), now=NOW),
    )

    assert endings[0] == endings[1] == Appointment.objects.get()


def test_of_two_who_move_to_the_same_slot_exactly_one_gets_it():
    ana = services.book(visitor("ana@mail.example"), wanted=wanted(THURSDAY), now=NOW)
    ben = services.book(visitor("ben@mail.example"), wanted=wanted(FRIDAY), now=NOW)
    free = FRIDAY.replace(hour=18)

    endings = at_once(
        lambda: services.move(ana, starts_at=free, now=NOW),
        lambda: services.move(ben, starts_at=free, now=NOW),
    )

    assert sorted(type(ending).__name__ for ending in endings) == ["Appointment", "SlotTaken"]
    assert Appointment.objects.filter(starts_at=free).count() == 1
