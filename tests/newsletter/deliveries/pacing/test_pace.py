"""Limits at work: a sender with a real database, a real Valkey, and a wire that takes everything."""

import threading
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.db import connection
from redis import Redis

from clinic.clock import database_now
from config.embedded import ports
from leads.models import Consent, Lead
from leads.people import addresses
from newsletter.deliveries import claim
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.lanes import DomainLimit, LaneOptions, WarmUp
from newsletter.deliveries.models import Chunk, Lane, Later
from newsletter.deliveries.pacing import buckets, pace
from newsletter.deliveries.pacing.models import Allowance
from newsletter.deliveries.pacing.state import Limit
from newsletter.deliveries.record import Record
from newsletter.deliveries.sending import dispatch, slot
from newsletter.deliveries.sending.dispatch import Sender
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.transport.answers import Answer, Phase
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.sending.test_dispatch import Wire

pytestmark = pytest.mark.django_db

GMAIL = frozenset({"gmail.com", "googlemail.com"})
DAY = 86_400


@pytest.fixture(autouse=True)
def fresh(settings, tmp_path: Path, redis_url: str):
    """A place of its own: nothing in Redis, nothing remembered by this process."""
    settings.JOURNAL_DIR = tmp_path
    settings.REDIS_URL = redis_url
    world.open_clinic()
    with Redis.from_url(redis_url) as client:
        for key in client.scan_iter("meridian:pace:*"):
            client.delete(key)
    buckets.of.cache_clear()


@pytest.fixture
def limited(settings):
    def say(**options: object) -> None:
        settings.LANES = {Lane.MARKETING: LaneOptions("marketing", **options)}

    return say


def gmail(**limits: object) -> dict[str, DomainLimit]:
    return {"gmail.com": DomainLimit("gmail.com", GMAIL, **limits)}


def send(wire: Wire, limits: pace.Pace, *, window: int = 100) -> Record:
    """Work on one lease."""
    with FileJournal() as journal:
        lease = claim.next_lease(Lane.MARKETING, owner=journal.owner, window=window)
        assert lease is not None
        return dispatch.send_lease(lease, sender=Sender(wire, journal, Stride(window), lambda: False, pace=limits))


def at(domain: str, count: int) -> list[Lead]:
    people = [world.lead(f"{domain.partition('.')[0]}{number}") for number in range(count)]
    for one in people:
        one.email = one.email.replace("example.org", domain)
        one.address_key = addresses.key(one.email)
        one.address_hash = addresses.digest(one.address_key)
        one.save()
    return people


def domains(wire: Wire) -> Counter[str]:
    return Counter(mail.recipient.partition("@")[2] for mail in wire.mails)


def test_a_lane_without_limits_asks_neither_redis_nor_the_database(settings, django_assert_num_queries):
    settings.REDIS_URL = f"redis://127.0.0.1:{ports.free_port()}/0"
    settings.LANES = {}

    with django_assert_num_queries(0), pace.of(Lane.MARKETING) as limits:
        assert [limits.take(250), list(limits.too_many(["a@gmail.com"] * 3, are_back=False))] == [100, []]
        limits.used(["a@gmail.com"] * 3)
        assert limits.wait(lambda: False)
        assert not limits.linger(lambda: False)


def test_a_window_is_a_second_s_worth_at_most(limited):
    limited(rate_per_second=7)
    assert pace.of(Lane.MARKETING).window == 7
    limited(rate_per_second=0.5)
    assert pace.of(Lane.MARKETING).window == 1
    limited(rate_per_second=10_000)
    assert pace.of(Lane.MARKETING).window == 100


def fill(lane: str = Lane.MARKETING, name: str = "") -> None:
    """Let the bucket be full, as after a quiet minute."""
    with Redis.from_url(configured.REDIS_URL) as client:
        client.hset(buckets.key(lane, name), "spent_to", 1)


def test_where_the_rate_is_reached_the_lease_is_given_back_and_nothing_is_lost(limited):
    limited(rate_per_second=0.25)
    planned = world.plan(world.leads(5))
    fill()
    wire, limits = Wire(), pace.of(Lane.MARKETING)

    send(wire, limits)

    assert world.states(planned.ids) == {"submitted": 1, "planned": 4}
    chunk = Chunk.objects.get()
    assert (chunk.mark, chunk.lease_owner, chunk.lease_until) == (1, "", None)
    assert not limits.is_shut  # a moment, and it goes on


def test_of_later_rows_only_as_many_are_taken_as_may_leave(limited):
    limited()
    planned = world.plan(world.leads(10))
    send(Wire(lambda mail: Answer(mail.key, Phase.RCPT, accepted=False, code=451)), pace.of(Lane.MARKETING))
    Later.objects.update(due_at=database_now() - timedelta(minutes=1))
    limited(rate_per_second=4)
    fill()
    wire = Wire()

    send(wire, pace.of(Lane.MARKETING))

    assert len(wire.mails) == 4
    assert world.states(planned.ids) == {"submitted": 4, "later": 6}
    assert Later.objects.filter(lease_owner="", marked_at=None).count() == 6


def test_whoever_waits_hears_that_it_is_to_stop(limited):
    limited(rate_per_second=0.03)
    world.plan(world.leads(2))
    limits = pace.of(Lane.MARKETING)
    assert limits.take(1) == 0
    asked = threading.Event()
    threading.Timer(0.2, asked.set).start()
    began = time.monotonic()

    assert limits.wait(asked.is_set) is False
    assert time.monotonic() - began < 20


def test_a_far_off_mail_is_not_waited_for(limited):
    limited(rate_per_second=0.01)
    limits = pace.of(Lane.MARKETING)
    assert limits.take(1) == 0

    assert limits.is_shut
    assert limits.wait(lambda: False) is False


def test_a_lane_keeps_its_pace_whatever_the_other_has_used_up(settings):
    settings.LANES = {lane: LaneOptions(lane, rate_per_second=0.1, rate_per_day=40) for lane in Lane}
    for lane in Lane:
        fill(lane)
    marketing, transactional = (pace.of(lane) for lane in Lane)

    assert [marketing.take(2), marketing.take(2)] == [1, 0]
    assert transactional.take(2) == 1


def test_what_the_gate_refuses_costs_nothing(limited):
    limited(rate_per_second=10, rate_per_day=400)
    people = [world.lead(f"p{number}", consents=number >= 8) for number in range(18)]
    planned = world.plan(people)
    fill()
    wire = Wire()

    with pace.of(Lane.MARKETING) as limits:
        send(wire, limits, window=10)

    assert world.states(planned.ids) == {"refused": 8, "submitted": 10}
    assert Allowance.objects.get().taken == 10


def test_a_relay_that_is_down_does_not_use_up_the_day(limited):
    limited(rate_per_day=400, domains=gmail(rate_per_day=400))
    planned = world.plan(at("gmail.com", 10))
    wire = Wire(lambda mail: Answer(mail.key, Phase.CONNECT, accepted=False))

    with pace.of(Lane.MARKETING) as limits:
        send(wire, limits)

    assert world.states(planned.ids) == {"later": 10}
    assert dict(Allowance.objects.values_list("domains", "taken")) == {"": 0, "gmail.com": 0}


def test_when_the_day_is_used_up_the_slot_ends_and_says_so(limited, settings):
    limited(rate_per_day=3)
    planned = world.plan(world.leads(5))
    wire = Wire()
    with pace.of(Lane.MARKETING) as limits:
        while not limits.is_shut:
            send(wire, limits)

    assert world.states(planned.ids) == {"submitted": 3, "planned": 2}
    assert pace.of(Lane.MARKETING).is_shut  # known before anything is claimed
    fences = list(Chunk.objects.values_list("fence", flat=True))
    assert slot.run(Lane.MARKETING, seconds=20, should_stop=lambda: False) == 0
    assert list(Chunk.objects.values_list("fence", flat=True)) == fences
    connection.close()


def test_a_crowded_domain_waits_and_the_others_go_on(limited):
    limited(domains=gmail(rate_per_second=5))
    planned = world.plan([*at("gmail.com", 12), *at("googlemail.com", 3), *at("clinic.example", 30)])
    fill(name="gmail.com")
    wire = Wire()

    send(wire, pace.of(Lane.MARKETING), window=20)

    assert domains(wire) == {"gmail.com": 5, "clinic.example": 30}
    assert world.states(planned.ids) == {"submitted": 35, "later": 10}
    moments = list(Later.objects.order_by("due_at").values_list("due_at", "reason", "delivery_id"))
    gaps = [(after[0] - before[0]).total_seconds() for before, after in pairwise(moments)]
    assert gaps == pytest.approx([0.2] * 9, abs=0.15)
    assert [one[2] for one in moments] == sorted(one[2] for one in moments)
    assert {one[1] for one in moments} == {"the limit for gmail.com"}


def test_those_who_waited_leave_when_their_moment_has_come_and_before_new_ones(limited):
    limited(domains=gmail(rate_per_second=5))
    planned = world.plan(at("gmail.com", 10))
    fill(name="gmail.com")
    wire, limits = Wire(), pace.of(Lane.MARKETING)
    send(wire, limits)
    assert world.states(planned.ids) == {"submitted": 5, "later": 5}
    more = world.plan(at("googlemail.com", 10), owner=8)
    Later.objects.update(due_at=database_now() - timedelta(seconds=1))
    with Redis.from_url(configured.REDIS_URL) as client:  # a second later; others queue for an hour
        key = buckets.key(Lane.MARKETING, "gmail.com")
        client.hincrby(key, "spent_to", -1_000_000)
        client.hincrby(key, "1", 3_600_000_000)

    send(wire, limits)  # what is due and has waited
    send(wire, limits)

    assert world.states(planned.ids) == {"submitted": 10}
    assert world.states(more.ids) == {"later": 10}


def test_whoever_takes_back_consent_while_waiting_gets_nothing(limited):
    limited(domains=gmail(rate_per_second=2))
    people = at("gmail.com", 4)
    planned = world.plan(people)
    fill(name="gmail.com")
    wire, limits = Wire(), pace.of(Lane.MARKETING)
    send(wire, limits)
    one = Later.objects.order_by("delivery_id").first()
    leaver = people[planned.ids.index(one.delivery_id)]
    Consent.objects.filter(lead=leaver).update(withdrawn_at=database_now(), withdrawn_how="link")
    Later.objects.update(due_at=database_now() - timedelta(seconds=1))
    fill(name="gmail.com")

    send(wire, limits)

    assert world.states(planned.ids) == {"submitted": 3, "refused": 1}


def test_a_crowded_domain_waits_for_the_next_day_spread_over_it(limited):
    limited(domains=gmail(rate_per_day=4))
    planned = world.plan([*at("gmail.com", 8), *at("clinic.example", 3)])
    midnight = pace.state(Lane.MARKETING).next_day_at
    wire = Wire()
    with pace.of(Lane.MARKETING) as limits:
        send(wire, limits, window=3)

    waits = [
        (due - midnight).total_seconds() for due in Later.objects.order_by("due_at").values_list("due_at", flat=True)
    ]
    assert domains(wire) == {"gmail.com": 4, "clinic.example": 3}
    assert world.states(planned.ids) == {"submitted": 7, "later": 4}
    assert waits == pytest.approx([0, DAY / 4, DAY / 2, DAY * 3 / 4], abs=5)


def test_a_slot_waits_for_moments_that_are_near(limited):
    limited(domains=gmail(rate_per_second=40))
    planned = world.plan(at("gmail.com", 30))
    wire, limits = Wire(), pace.of(Lane.MARKETING)
    send(wire, limits)  # an empty bucket: all of them wait
    assert world.states(planned.ids) == {"later": 30}
    until = time.monotonic() + 30
    while world.states(planned.ids) != {"submitted": 30}:
        assert time.monotonic() < until
        limits.linger(lambda: False)
        if Later.objects.filter(due_at__lte=database_now()).exists():
            send(wire, limits)

    assert len(wire.mails) == 30


def test_the_state_says_what_is_left(limited):
    limited(rate_per_second=14, rate_per_day=500, warm_up=WarmUp((40, 90)), domains=gmail(rate_per_day=80))
    fill()
    with pace.of(Lane.MARKETING) as limits:
        granted = limits.take(10)
        limits.used(["a@example.org"] * granted)

    state = pace.state(Lane.MARKETING)

    assert granted == 2  # a twentieth of the day at a time
    assert state.limits == (Limit("", 14.0, 40, 38), Limit("gmail.com", None, 80, 80))
    assert (state.warm_up_day, state.warm_up_days, state.is_degraded, state.is_spent) == (1, 2, False, False)


def test_the_state_says_when_redis_is_away(limited, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{ports.free_port()}/0"
    limited(rate_per_second=14)

    assert pace.state(Lane.MARKETING).is_degraded


def test_the_state_says_when_the_day_is_over(limited):
    limited(rate_per_day=2, domains=gmail(rate_per_day=9))
    limits = pace.of(Lane.MARKETING)
    limits.take(1)
    assert not pace.state(Lane.MARKETING).is_spent
    limits.take(2)

    assert pace.state(Lane.MARKETING).is_spent
