from dataclasses import replace

import pytest

from newsletter.campaigns import sendable
from newsletter.campaigns.experiments import checks, services
from newsletter.campaigns.experiments.models import What
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Delivery, Outcome, Variant
from tests.factories import clinics, people
from tests.newsletter.campaigns.experiments.tested import NOW, SETUP, draft

pytestmark = pytest.mark.django_db
SAME = "A/B test: A and B say the same: there is nothing to compare."
UNTRIED = "A/B test: Nobody has had a test mail of B as it is written now. Send yourself one."


@pytest.fixture(autouse=True)
def clinic():
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def reasons(campaign: Campaign) -> list[str]:
    return [str(finding) for finding in checks.findings(campaign) if finding.blocking]


def arrive(campaign: Campaign) -> None:
    """Every test mail planned so far has left, as its variant says now."""
    for delivery in Delivery.objects.filter(kind=Kind.TEST):
        revision = Variant.objects.get(pk=delivery.variant_id).current_id
        Outcome.objects.get_or_create(
            delivery_id=delivery.pk, defaults={"at": NOW, "state": State.SUBMITTED, "revision_id": revision}
        )


def test_without_a_test_there_is_nothing_to_say(owner):
    assert reasons(draft(owner)) == []


def test_b_needs_a_test_mail_of_its_own_as_it_is_written_now(owner):
    campaign = draft(owner)
    services.set_up(campaign, SETUP, by=owner, now=NOW)
    assert reasons(campaign) == [UNTRIED]

    assert services.send_test(campaign, to=owner, now=NOW) is True
    assert reasons(campaign) == [UNTRIED]
    arrive(campaign)
    assert reasons(campaign) == []

    services.set_up(campaign, replace(SETUP, words="Open on Sundays too"), by=owner, now=NOW)
    assert reasons(campaign) == [UNTRIED]


def test_a_test_of_b_goes_to_whoever_asked_and_changes_nothing_else(owner):
    campaign = draft(owner)
    services.set_up(campaign, replace(SETUP, what=What.SENDER, words="Dana herself"), by=owner, now=NOW)

    services.send_test(campaign, to=owner, now=NOW)

    (planned,) = Delivery.objects.all()
    variant = Variant.objects.get(pk=planned.variant_id)
    assert (planned.kind, planned.staff_id, variant.label) == (Kind.TEST, owner.pk, "test B")
    assert variant.current is not None
    assert variant.current.sender["name"] == "Dana herself"
    assert list(Variant.objects.filter(current__isnull=False)) == [variant]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (What.SUBJECT, ""),
        (What.SUBJECT, "New opening hours"),
        (What.PREHEADER, "From Monday on "),
        (What.SENDER, "Dana at Harbour"),
        (What.BODY, ""),
    ],
)
def test_two_that_say_the_same_are_no_test(owner, what, words):
    campaign = draft(owner)
    services.set_up(campaign, replace(SETUP, what=what, words=words), by=owner, now=NOW)

    assert reasons(campaign) == [SAME]
    assert SAME in sendable.reasons(campaign, NOW)


def test_what_no_clinic_may_say_it_may_not_say_in_b_either(owner):
    campaign = draft(owner)
    services.set_up(campaign, replace(SETUP, words="A guaranteed cure"), by=owner, now=NOW)

    assert len(reasons(campaign)) > 1
    assert all(reason.startswith("B, ") or reason == UNTRIED for reason in reasons(campaign))
