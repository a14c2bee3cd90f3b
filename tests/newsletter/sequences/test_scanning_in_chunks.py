"""Very many who come at once begin a chunk at a time; what a crash leaves out the next tick does, and nobody twice."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from leads.consent import services as consent
from leads.models import Lead
from leads.people import addresses
from leads.tags import services as tags
from newsletter.models import Click, Sequence
from newsletter.sequences import scanning
from newsletter.sequences.models import Belonging
from newsletter.sequences.plan.document import Again, TriggerKind
from newsletter.sequences.plan.reading import read
from newsletter.sequences.scanning import EVERY, scan
from tests.factories import mail, people
from tests.newsletter.content.test_together import wait_until_somebody_waits_for_a_lock
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.publishing.test_inside import in_a_thread
from tests.newsletter.sequences.ways import (
    BEFORE,
    DAY,
    NOW,
    Crash,
    crashing,
    inside,
    publish,
    reader,
    segment,
    sequence,
    trigger,
    who,
)

MANY = 5
AGAIN_AT_ONCE = {"again": Again.DAYS, "again_days": 0}
Comes = Callable[[], Lead]


@pytest.fixture(autouse=True)
def chunks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "CHUNK_SIZE", 2)


def by_segment(name: str) -> tuple[Sequence, Comes]:
    tags.add(people.lead(), name=name, by=None, now=BEFORE)
    asked = trigger(TriggerKind.SEGMENT, str(segment(name).pk))
    made = sequence(email(1), key=name, **asked, **AGAIN_AT_ONCE)

    def comes() -> Lead:
        lead = reader()
        tags.add(lead, name=name, by=None, now=NOW)
        return lead

    return made, comes


def by_silence(name: str) -> tuple[Sequence, Comes]:
    made = sequence(email(1), key=name, **trigger(TriggerKind.QUIET, number=90), **AGAIN_AT_ONCE)

    def comes() -> Lead:
        lead = people.consent(granted_at=NOW - 300 * DAY).lead
        mail.click(mail.delivery(lead, state=1), at=NOW - 90 * DAY + timedelta(minutes=5))
        return lead

    return made, comes


def has_come(begins: Callable[[str], tuple[Sequence, Comes]], name: str) -> tuple[Sequence, list[int]]:
    """Five who come between two looks."""
    made, comes = begins(name)
    scan(NOW)
    return made, [comes().pk for _ in range(MANY)]


@pytest.mark.django_db
@pytest.mark.parametrize("begins", [by_segment, by_silence])
def test_wherever_a_tick_dies_the_next_one_begins_for_the_rest_and_for_nobody_twice(begins):
    seen = set()
    for at in range(6, 66, 6):
        made, leads = has_come(begins, f"crash{at}")
        with suppress(Crash), crashing(at):
            scan(NOW + EVERY)
        seen.add(len(who(made)))
        made.enrolments.update(state="finished", ended_at=NOW + EVERY)  # the rule lets them begin again at once

        scan(NOW + EVERY + timedelta(minutes=1))
        scan(NOW + 3 * EVERY)

        assert sorted(lead for lead, *_rest in who(made)) == leads
        Sequence.objects.update(state="draft")
        Click.objects.all().delete()
    assert seen >= {0, 2, 4}


@pytest.mark.django_db
@pytest.mark.parametrize("begins", [by_segment, by_silence])
def test_what_staff_publish_between_two_chunks_is_what_the_rest_begin_with(begins, monkeypatch):
    made, leads = has_come(begins, "knee")
    first, enter = made.published, scanning.enter

    def publishes_afterwards(*asked, **about) -> list[int]:
        begun = enter(*asked, **about)
        if made.versions.count() == 1:
            publish(made, read(first.plan), at=NOW + EVERY)
        return begun

    monkeypatch.setattr(scanning, "enter", publishes_afterwards)
    assert scan(NOW + EVERY) == 2
    assert scan(NOW + EVERY + timedelta(minutes=1)) == MANY - 2

    assert sorted(inside(made)) == leads
    assert [way.version.number for way in made.enrolments.order_by("pk")] == [1, 1, 2, 2, 2]


@pytest.mark.django_db(transaction=True)
def test_nobodys_opt_out_waits_for_more_than_a_chunk():
    made, leads = has_come(by_segment, "knee")
    begins = threading.Thread(target=in_a_thread(lambda: scan(NOW + EVERY)))

    with transaction.atomic():
        addresses.lock_leads(leads[-1:])
        begins.start()
        wait_until_somebody_waits_for_a_lock()
        assert sorted(inside(made)) == leads[:4]
        consent.withdraw(Lead.objects.get(pk=leads[0]), how="mail", now=NOW + EVERY)
    begins.join(60)

    assert sorted(inside(made)) == leads[1:]


@pytest.mark.django_db
def test_who_belongs_no_more_is_forgotten_though_others_come():
    made, (gone, *_others) = has_come(by_segment, "knee")
    scan(NOW + EVERY)
    tags.remove(Lead.objects.get(pk=gone), name="knee")
    come = reader()
    tags.add(come, name="knee", by=None, now=NOW)

    scan(NOW + 2 * EVERY)

    assert come.pk in inside(made)
    assert not Belonging.objects.filter(lead_id=gone).exists()
