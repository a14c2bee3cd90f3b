import pytest
from django.db import transaction

from newsletter.deliveries import bell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung():
    before, heard = bell._ringers[:], []
    bell.register(heard.append)
    yield heard
    bell._ringers[:] = before


def plan(lane: str) -> None:
    with transaction.atomic():
        bell.ring(lane)


def test_a_lane_is_rung_for_each_plan(rung):
    plan("marketing")
    plan("marketing")

    assert rung == ["marketing", "marketing"]


def test_whoever_plans_much_rings_at_the_first_plan_and_at_the_end(rung):
    with bell.sparingly():
        for _ in range(5):
            plan("marketing")
        assert rung == ["marketing"]

    assert rung == ["marketing", "marketing"]


def test_whoever_plans_once_rings_once(rung):
    with bell.sparingly():
        plan("marketing")

    assert rung == ["marketing"]


def plan_and_fail() -> None:
    plan("marketing")
    plan("marketing")
    raise ZeroDivisionError


def test_a_plan_that_fails_rings_for_those_before_it(rung):
    with pytest.raises(ZeroDivisionError), bell.sparingly():
        plan_and_fail()

    assert rung == ["marketing", "marketing"]


def test_a_process_that_does_the_work_itself_rings_nobody(rung):
    with bell.muted():
        plan("marketing")
    plan("transactional")

    assert rung == ["transactional"]
