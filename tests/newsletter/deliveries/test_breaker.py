"""What senders tell each other about a relay, by way of the database."""

from datetime import timedelta

import pytest

from clinic.clock import database_now
from newsletter.deliveries import breaker
from newsletter.deliveries.breaker import FIRST_WAIT, LONGEST_PEACE, LONGEST_WAIT, Choice
from newsletter.deliveries.models import Breaker

pytestmark = pytest.mark.django_db

OURS = "newsletter.deliveries.transport.smtp.Backend"
DJANGOS = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def mailers(settings):
    one = {"host": "smtp.one.example", "port": 587, "username": "clinic"}
    settings.MAILERS = {
        "marketing": {"BACKEND": OURS, "OPTIONS": one | {"connections": 4}},
        "transactional": {"BACKEND": DJANGOS, "OPTIONS": one | {"timeout": 9}},
        "second": {"BACKEND": OURS, "OPTIONS": one | {"username": "another"}},
        "provider": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {"server_token": "t"}},
    }


def open_it(alias="marketing", *, times=2):
    for _ in range(times):
        let_the_wait_end()
        breaker.failed(alias, why="connect: refused")


def let_the_wait_end():
    Breaker.objects.filter(opened_at__isnull=False).update(next_try_at=database_now() - timedelta(seconds=1))


def waits():
    (trouble,) = breaker.state()
    return round((trouble.next_try_at - database_now()).total_seconds())


def test_one_silence_does_not_open_it_and_the_second_does():
    open_it(times=1)
    assert (breaker.choose("marketing"), breaker.state()) == (Choice("marketing", is_probe=False), [])

    open_it(times=1)
    assert breaker.choose("marketing") is None


def test_an_answer_in_between_counts_from_the_beginning():
    open_it(times=1)
    breaker.succeeded("marketing")
    open_it(times=1)

    assert breaker.choose("marketing") == Choice("marketing", is_probe=False)


def test_lanes_behind_one_relay_share_what_is_known():
    open_it("marketing")

    assert breaker.choose("transactional") is None
    assert breaker.choose("second") == Choice("second", is_probe=False)
    assert breaker.choose("provider") == Choice("provider", is_probe=False)


def test_the_state_says_since_when_and_why_and_when_it_is_tried_next():
    before = database_now()
    open_it()

    (trouble,) = breaker.state()

    assert (trouble.mailers, trouble.why, trouble.failures) == (("marketing", "transactional"), "connect: refused", 2)
    assert before - timedelta(minutes=1) < trouble.since < trouble.next_try_at
    assert trouble.is_half_open is False


def test_the_wait_doubles_up_to_a_limit():
    seen = []
    for times in (2, 1, 1, 1, 1, 1, 1, 1):
        open_it(times=times)
        seen.append(waits())

    assert seen == [10, 20, 40, 80, 160, 300, 300, 300]
    assert (FIRST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds()) == (10, 300)


def test_senders_that_fail_together_make_it_wait_no_longer():
    for _ in range(9):
        breaker.failed("marketing", why="connect: refused")

    assert waits() == 10


def test_only_one_sender_gets_the_probe():
    open_it()
    let_the_wait_end()

    assert breaker.choose("marketing", "second") == Choice("marketing", is_probe=True)
    assert breaker.choose("marketing", "second") == Choice("second", is_probe=False)
    assert breaker.choose("transactional") is None
    assert breaker.state()[0].is_half_open is True


def test_a_probe_that_is_answered_closes_it_for_everybody():
    open_it()
    let_the_wait_end()
    breaker.choose("marketing")

    breaker.succeeded("marketing")

    assert breaker.state() == []
    assert breaker.choose("transactional") == Choice("transactional", is_probe=False)


def test_a_probe_without_mail_is_somebody_elses():
    open_it()
    let_the_wait_end()
    breaker.choose("marketing")

    breaker.let_go("marketing")

    assert breaker.choose("marketing") == Choice("marketing", is_probe=True)


def test_a_probe_whose_sender_died_does_not_last():
    open_it()
    let_the_wait_end()
    breaker.choose("marketing")
    Breaker.objects.update(probe_until=database_now() - timedelta(seconds=1))

    assert breaker.choose("marketing") == Choice("marketing", is_probe=True)


@pytest.mark.parametrize(("asked", "left_alone"), [(120, 120), (1, 10), (10**6, LONGEST_PEACE.total_seconds())])
def test_a_relay_that_wants_peace_gets_it_at_once(asked, left_alone):
    breaker.failed("marketing", why="request: 429", retry_after=asked)

    assert waits() == left_alone


def slow_down(lane="marketing", seconds=120):
    breaker.failed("marketing", why="request: 429", retry_after=seconds, lane=lane)


def test_a_lane_that_is_told_to_slow_down_waits_alone():
    slow_down()

    assert breaker.choose("marketing", lane="marketing") is None
    assert breaker.choose("transactional", lane="transactional") == Choice("transactional", is_probe=False)
    assert [(trouble.mailers, trouble.lane) for trouble in breaker.state()] == [
        (("marketing", "transactional"), "marketing")
    ]


def test_what_another_lane_is_answered_ends_no_peace_that_this_one_was_asked_for():
    slow_down()

    breaker.succeeded("transactional", lane="transactional")
    assert breaker.choose("marketing", lane="marketing") is None
    breaker.succeeded("marketing", lane="marketing")
    assert breaker.state() == []


def test_a_lane_that_waits_alone_is_cut_off_with_the_others_by_silence():
    open_it()
    slow_down("transactional", seconds=10**6)
    Breaker.objects.filter(relay=breaker.relay_of("marketing")).update(
        next_try_at=database_now() - timedelta(seconds=1)
    )

    assert breaker.choose("transactional", lane="transactional") is None
    assert breaker.choose("marketing", lane="marketing") == Choice("marketing", is_probe=True)


def test_a_probe_that_another_has_taken_leaves_the_lanes_own_free():
    """Both the relay and the lane are due for a trial: only who gets both tries."""
    slow_down("transactional")
    open_it()
    Breaker.objects.update(next_try_at=database_now() - timedelta(seconds=1))
    assert breaker.choose("marketing", lane="marketing") == Choice("marketing", is_probe=True)

    assert breaker.choose("transactional", lane="transactional") is None

    breaker.succeeded("marketing", lane="marketing")
    assert breaker.choose("transactional", lane="transactional") == Choice("transactional", is_probe=True)


def test_options_that_hold_secrets_are_not_written_down():
    assert "server_token" not in breaker.relay_of("provider")
    assert breaker.relay_of("provider").startswith("anymail.backends.postmark.EmailBackend ")
