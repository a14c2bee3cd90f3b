"""Planned once, whoever asks for it and however often: by two ticks at once, and after one that died halfway."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.clock import database_now
from newsletter.campaigns import audience, planning, services
from newsletter.campaigns.audience import Share
from newsletter.deliveries import lately
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Kind
from newsletter.models import AudienceCount, Batch, Campaign, Delivery
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients
from tests.newsletter.campaigns.together import in_two_threads, until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def clinic(transactional_db):
    return clinics.clinic()


def plan_once(made: Campaign, variant_id: int) -> bool:
    try:
        return bool(audience.plan(made, database_now(), [Share(variant_id)])[0])
    except IntegrityError:
        return False


def test_two_ticks_at_once_plan_each_reader_once():
    readers = {reader().pk for _ in range(5)}
    owner = people.staff()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)

    begun = in_two_threads(lambda: planning.start_due(NOW + MINUTE), lambda: planning.start_due(NOW + MINUTE))

    assert sorted(begun) == [0, 1]
    assert recipients(letter) == readers
    assert Delivery.objects.filter(kind=Kind.CAMPAIGN).count() == Batch.objects.get(kind=Kind.CAMPAIGN).size == 5
    assert deliveries.unbalanced() == []


def test_even_where_nothing_is_locked_the_database_lets_one_of_two_plans_through():
    readers = {reader().pk for _ in range(5)}
    variant = mail.variant()
    made = mail.campaign(email=variant.email)

    won = in_two_threads(lambda: plan_once(made, variant.pk), lambda: plan_once(made, variant.pk))

    assert sorted(won) == [False, True]
    assert set(Delivery.objects.values_list("lead_id", flat=True)) == readers
    assert (Batch.objects.get().size, AudienceCount.objects.count()) == (5, 1)


class Killed(Exception):
    """The process ends here."""


@transaction.atomic
def plan_and_die(made: Campaign, variant_id: int) -> None:
    audience.plan(made, database_now(), [Share(variant_id)])
    raise Killed


def test_one_that_died_before_it_was_written_down_is_planned_anew_as_if_nothing_had_been():
    readers = {reader().pk for _ in range(3)}
    variant = mail.variant()
    made = mail.campaign(email=variant.email)
    with pytest.raises(Killed):
        plan_and_die(made, variant.pk)
    assert [model.objects.count() for model in (Delivery, Batch, AudienceCount)] == [0, 0, 0]

    audience.plan(made, database_now(), [Share(variant.pk)])

    assert set(Delivery.objects.values_list("lead_id", flat=True)) == readers
    assert deliveries.unbalanced() == []


def test_what_another_planner_has_not_committed_yet_is_waited_for_and_counts_for_the_cap():
    clinics.clinic(cap_mails=1)
    busy, free = reader(), reader()
    owner = people.staff()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)
    other = threading.Thread(target=_start_elsewhere)
    with transaction.atomic():
        lately.lock()
        mail.delivery(busy, owner=10**12)
        other.start()
        until_somebody_waits(lately.LOCK)
    other.join()

    assert recipients(letter) == {free.pk}


def _start_elsewhere() -> None:
    planning.start_due(NOW + MINUTE)
    connection.close()
