"""What the look for gaps sees, and what it takes for a choice."""

import pytest

from newsletter.deliveries.models import State
from newsletter.models import Delivery, Enrolment, Outcome
from newsletter.sequences import overdue, services
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.publishing import as_published
from tests.newsletter.sequences.course import DAY, NOW, hand_over
from tests.newsletter.sequences.gaps import gaps
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.shapes import Mail
from tests.newsletter.sequences.ways import begun, sequence

pytestmark = pytest.mark.django_db


@pytest.fixture
def way() -> Enrolment:
    """Before the second of three mails; the first is planned."""
    found = begun(sequence(email(1), email(2, days=2), email(3, days=2)))
    services.advance(NOW)
    return found


def seen(way: Enrolment) -> set[int]:
    places = {placed.position: placed for placed in flatten(as_published(way.version).steps)}
    planned = Delivery.objects.values_list("pk", "owner", "item")
    mails = [Mail(pk, owner, way.version_id, key, NOW) for pk, owner, key in planned]
    return gaps({way.version_id: places}, mails)


def ends(way: Enrolment, key: int, state: State) -> None:
    mail = Delivery.objects.get(owner=way.pk, item=key)
    Outcome.objects.create(delivery_id=mail.pk, at=NOW + 15 * DAY, state=state, reason="too late to be useful")


def test_a_mail_that_waited_until_it_was_too_late_is_a_gap_that_nobody_chose(way: Enrolment) -> None:
    assert seen(way) == set()
    ends(way, 1, State.EXPIRED)

    assert seen(way) == {way.pk}


@pytest.mark.parametrize("state", [State.REFUSED, State.CANCELLED, State.SUBMITTED])
def test_a_mail_that_was_refused_skipped_or_mailed_is_none(way: Enrolment, state: State) -> None:
    ends(way, 1, state)

    assert seen(way) == set()


def test_what_staff_skip_because_it_is_overdue_is_none(way: Enrolment) -> None:
    hand_over(NOW)

    overdue.skip(NOW + 3 * DAY, NOW + 3 * DAY)

    ends(way, 2, State.EXPIRED)
    assert Delivery.objects.filter(owner=way.pk).count() == len([1, 2])
    assert seen(way) == set()
