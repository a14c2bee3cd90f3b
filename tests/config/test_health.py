import pickle

import pytest
from django.core.cache import cache
from django.test import Client
from redis import Redis


def test_the_process_says_that_it_is_alive(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.django_db
def test_it_is_ready_when_both_servers_answer(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"database": True, "redis": True})


def test_what_somebody_else_wrote_into_redis_is_read_and_not_run(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.set(cache.make_key("planted"), pickle.dumps({"a": 1}), ex=60)

    with pytest.raises(ValueError, match="codec can't decode"):
        cache.get("planted")


@pytest.mark.parametrize("value", [3, "words", [1, 2], None])
def test_plain_values_come_back_as_they_were(value: object) -> None:
    cache.set("kept", value, timeout=60)

    assert cache.get("kept", "gone") == value
