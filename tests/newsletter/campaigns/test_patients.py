"""Somebody becomes a patient after a campaign was planned: one that is not for patients does not reach them."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import User
from leads.models import Lead
from leads.people import services
from leads.people.models import LeadStatus
from newsletter.campaigns import patients, planning
from newsletter.campaigns import services as campaigns
from newsletter.deliveries import lately
from newsletter.deliveries.models import Kind, State
from newsletter.deliveries.queries import unbalanced
from newsletter.models import Campaign, Delivery, Outcome
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients, started
from tests.newsletter.campaigns.together import until_somebody_waits


@pytest.fixture
def owner(db):
    clinics.clinic()
    return people.staff()


def becomes_a_patient(lead: Lead, by: User) -> None:
    services.set_status(lead, status=LeadStatus.PATIENT, by=by, now=NOW + 2 * MINUTE)


def endings(of: Campaign) -> dict[int, tuple[int, str]]:
    """What became of the mails of this campaign that have ended, by person."""
    mine = dict(Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=of.pk).values_list("pk", "lead_id"))
    ended = Outcome.objects.filter(delivery_id__in=mine).values_list("delivery_id", "state", "reason")
    return {mine[pk] or 0: (state, reason) for pk, state, reason in ended}


def test_what_is_planned_for_them_is_cancelled_and_the_reason_is_kept(owner):
    ann, ben = reader(), reader()
    letter = started(campaign(owner), owner)

    becomes_a_patient(ann, owner)

    assert endings(letter) == {ann.pk: (State.CANCELLED, "became a patient")}
    assert (recipients(letter), unbalanced()) == ({ann.pk, ben.pk}, [])


def test_a_campaign_that_is_also_to_patients_still_reaches_them(owner):
    ann = reader()
    letter = started(campaign(owner, includes_patients=True), owner)

    becomes_a_patient(ann, owner)

    assert endings(letter) == {}


def test_whoever_is_no_patient_after_all_loses_nothing(owner):
    ann = reader()
    letter = started(campaign(owner), owner)

    services.set_status(ann, status=LeadStatus.LEAD, by=owner, now=NOW + 2 * MINUTE)

    assert endings(letter) == {}


def test_what_had_left_stays_what_it_was(owner):
    ann = reader()
    letter = started(campaign(owner), owner)
    delivery = Delivery.objects.get(lead_id=ann.pk)
    Outcome.objects.create(delivery_id=delivery.pk, at=NOW, state=State.SUBMITTED)

    becomes_a_patient(ann, owner)

    assert endings(letter) == {ann.pk: (State.SUBMITTED, "")}
    assert patients.leave_out(ann, now=NOW + 2 * MINUTE) == 0


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_is_made_at_that_moment_is_waited_for(owner):
    ann = reader()
    letter = campaign(owner)
    campaigns.schedule(letter, by=owner, now=NOW)
    has_planned = threading.Event()

    def mark() -> None:
        has_planned.wait(60)
        becomes_a_patient(Lead.objects.get(pk=ann.pk), owner)
        connection.close()

    marking = threading.Thread(target=mark)
    marking.start()
    with transaction.atomic():
        planning.start_due(NOW + MINUTE)
        has_planned.set()
        until_somebody_waits(lately.LOCK)
    marking.join()

    assert endings(letter) == {ann.pk: (State.CANCELLED, "became a patient")}
