"""Scenarios of `make chaos` with few mails and few disturbances, on the servers of this run and a broker that may die.

Where a control is quick it is played, too. The long forms, and the control that stays deaf, are `make chaos`'s.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.db import connection

from tests.chaos import broker_loss, deaf_broker, frozen, hostile_people, two_beats, wrong_clocks
from tests.chaos.ground import Ground, own_broker
from tests.interop import packages

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SEED = 7
SCENARIOS = [frozen, two_beats, hostile_people]


def named(scenario: ModuleType) -> str:
    return scenario.NAME


@pytest.fixture(autouse=True)
def no_witness() -> Iterator[None]:
    """What a scenario notes by triggers goes with it."""
    yield
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP FUNCTION IF EXISTS chaos_window, chaos_tick CASCADE; DROP TABLE IF EXISTS chaos_window, chaos_tick"
        )


@pytest.fixture
def ground(tmp_path: Path, redis_url: str) -> Ground:
    return Ground(tmp_path, redis_url)


@pytest.fixture
def ground_with_broker(tmp_path: Path) -> Iterator[Ground]:
    server = own_broker(tmp_path)
    try:
        yield Ground(tmp_path, server.url, broker=server)
    finally:
        server.running.stop()


@pytest.fixture
def wrong_clock() -> None:
    if packages.wrong_clock() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(packages.NO_WRONG_CLOCK)


def comes_off_well(scenario: ModuleType, ground: Ground) -> None:
    verdict = scenario.run(ground, seed=SEED, quick=True)
    assert verdict.violations == [], verdict.line()


def is_found_out(scenario: ModuleType, ground: Ground) -> None:
    verdict = scenario.control(ground, seed=SEED, quick=True)
    assert verdict.violations != [], verdict.line()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=named)
def test_nobody_is_mailed_twice_or_left_out(scenario: ModuleType, ground: Ground):
    comes_off_well(scenario, ground)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=named)
def test_a_naive_sender_is_found_out(scenario: ModuleType, ground: Ground):
    is_found_out(scenario, ground)


@pytest.mark.usefixtures("wrong_clock")
def test_workers_whose_clock_is_wrong_send_nothing_early(ground: Ground):
    comes_off_well(wrong_clocks, ground)


@pytest.mark.usefixtures("wrong_clock")
def test_a_naive_sender_with_a_wrong_clock_is_found_out(ground: Ground):
    is_found_out(wrong_clocks, ground)


def test_a_broker_that_dies_and_forgets_costs_no_mail(ground_with_broker: Ground):
    comes_off_well(broker_loss, ground_with_broker)


def test_mails_that_lie_in_a_broker_that_dies_are_missed(ground_with_broker: Ground):
    is_found_out(broker_loss, ground_with_broker)


def test_workers_whose_connections_to_the_broker_go_deaf_notice_by_themselves(ground: Ground):
    comes_off_well(deaf_broker, ground)
