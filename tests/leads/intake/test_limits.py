from datetime import timedelta

import pytest
from django.core.cache import cache
from redis import Redis

from leads.intake import limits


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()


def admitted(*addresses):
    return [limits.admits(address) for address in addresses]


def test_a_network_may_send_five_forms_an_hour():
    assert admitted(*["203.0.113.9"] * 6) == [True] * 5 + [False]
    assert admitted("203.0.113.10") == [True]


def test_an_ipv6_network_is_counted_as_a_whole():
    addresses = [f"2001:db8:1:2::{n}" for n in range(1, 7)]

    assert admitted(*addresses) == [True] * 5 + [False]
    assert admitted("2001:db8:1:3::1") == [True]


def test_a_network_may_send_twenty_forms_a_day():
    answers = []
    for _ in range(5):
        answers += admitted(*["203.0.113.9"] * 5)
        cache.delete(f"forms:3600:{limits.name('203.0.113.9')}")

    assert answers == [True] * 20 + [False] * 5


def test_redis_learns_no_address():
    admitted("203.0.113.9", "nonsense")

    keys = cache._cache.get_client().keys("*")
    assert len(keys) == 4
    assert not any(b"203.0.113" in key for key in keys)


def test_a_count_that_ends_while_it_is_looked_at_is_not_kept_for_ever(monkeypatch):
    def ends_at_once(client, key):
        return client.delete(key)

    limits.count("asked", timedelta(minutes=1))
    monkeypatch.setattr(Redis, "exists", ends_at_once)

    assert limits.count("asked", timedelta(minutes=1)) == 1
    assert 0 < cache._cache.get_client().ttl(cache.make_key("asked")) <= 60


def test_without_redis_everybody_is_let_in(settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }

    assert admitted(*["203.0.113.9"] * 7) == [True] * 7


def test_in_the_demo_the_machine_itself_is_not_limited(settings):
    assert admitted(*["127.0.0.1"] * 6)[-1] is False

    settings.DEMO = True

    assert admitted("127.0.0.1", "::1") == [True, True]
    assert admitted(*["203.0.113.9"] * 6)[-1] is False


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_evidence_names_a_network_and_no_visitor(address, network):
    assert limits.network(address) == network
