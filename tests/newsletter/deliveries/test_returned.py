"""Mail that was called back in a sender's hands, and came back, is planned anew; one that cannot be stays alone."""

import pytest

from clinic.clock import database_now
from newsletter.deliveries import returned
from newsletter.deliveries.models import Kind, Outcome, Recall, State
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db
WHY = "called back in a test"


@pytest.fixture
def planned_anew():
    """The owners for whom mail was planned once more; of the third nobody can."""
    found = []

    def plan(owner, now):
        if owner == 3:
            raise LookupError(owner)
        found.append(owner)

    before = dict(returned._plans)
    returned.register(Kind.CAMPAIGN, reason=WHY, plan=plan)
    yield found
    returned._plans.clear()
    returned._plans.update(before)


def came_back(name: str, owner: int) -> None:
    (delivery,) = world.plan([world.lead(name)], owner=owner).ids
    Recall.objects.create(delivery_id=delivery, reason=WHY)
    Outcome.objects.create(delivery_id=delivery, at=database_now(), state=State.CANCELLED, reason=WHY)


def test_one_that_cannot_be_planned_anew_keeps_no_other_waiting(planned_anew):
    world.open_clinic()
    for owner, name in enumerate(("ann", "bob", "cat", "dan"), start=1):
        came_back(name, owner)

    for _ in range(2):
        with pytest.raises(ExceptionGroup, match="cannot be planned anew"):
            returned.look(database_now())

    assert planned_anew == [1, 2, 4]
    assert Recall.objects.count() == 1
