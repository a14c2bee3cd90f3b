from datetime import timedelta

import pytest
from django.db import transaction

from newsletter.campaigns import queries, services
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import NOW, campaign, reader, recipients, started

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clinic():
    clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def suppress(lead, scope: Scope) -> None:
    cause = Cause(scope, SuppressionReason.STAFF)
    suppression.suppress(people.hash_of(lead), cause=cause, now=NOW - DAY)


def erase(lead) -> None:
    lead.email, lead.address_key, lead.erased_at = "", None, NOW - DAY
    lead.save()


UNFIT = {
    "nobody asked": people.lead,
    "withdrew": lambda: people.consent(withdrawn_at=NOW - DAY, withdrawn_how="link").lead,
    "agreed until yesterday": lambda: people.consent(expires_at=NOW - DAY).lead,
    "agreed until now": lambda: people.consent(expires_at=NOW).lead,
    "agreed to an answer only": lambda: people.consent(purpose="inquiry").lead,
    "declined the topic": lambda: reader(declined_topics=["newsletter"]),
    "reads another language": lambda: reader(language="fr"),
    "is a patient": lambda: reader(status="patient"),
    "paused": lambda: reader(paused_until=NOW + DAY),
}


@pytest.mark.parametrize("why", UNFIT)
def test_who_does_not_fit_is_neither_counted_nor_mailed(why, owner):
    UNFIT[why]()
    fits = reader()
    letter = campaign(owner)

    assert queries.audience_count(letter, NOW) == 1
    assert recipients(started(letter, owner)) == {fits.pk}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_suppressed_address_is_neither_counted_nor_mailed(scope, owner):
    suppress(reader(), scope)
    fits = reader()
    letter = campaign(owner)

    assert queries.audience_count(letter, NOW) == 1
    assert recipients(started(letter, owner)) == {fits.pk}


def test_a_lifted_suppression_a_second_consent_and_other_topics_do_not_matter(owner):
    lifted, twice, choosy = reader(), reader(), reader(declined_topics=["course"])
    suppress(lifted, Scope.MARKETING)
    suppression.lift_marketing(people.hash_of(lifted), why="agreed anew", now=NOW - DAY)
    people.consent(twice)
    people.consent(twice, withdrawn_at=NOW - DAY, withdrawn_how="link")
    letter = campaign(owner)

    assert queries.audience_count(letter, NOW) == 3
    assert recipients(started(letter, owner)) == {lifted.pk, twice.pk, choosy.pk}


def test_patients_get_it_when_staff_say_so(owner):
    patient, other = reader(status="patient"), reader()
    letter = campaign(owner, includes_patients=True)

    assert recipients(started(letter, owner)) == {patient.pk, other.pk}


def test_an_erased_person_is_gone_from_the_audience(owner):
    erase(reader())
    reader()

    assert queries.audience_count(campaign(owner), NOW) == 1


def test_what_changed_between_the_count_and_the_start_counts(owner):
    leaver, stayer = reader(), reader()
    letter = campaign(owner)
    services.schedule(letter, at=None, by=owner, now=NOW)
    with transaction.atomic():
        suppress(leaver, Scope.MARKETING)
    newcomer = reader()

    services.start_due(NOW + DAY)

    assert recipients(letter) == {stayer.pk, newcomer.pk}
