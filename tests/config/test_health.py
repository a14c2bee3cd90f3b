import pytest
from django.test import Client


def test_the_process_says_that_it_is_alive(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.django_db
def test_it_is_ready_when_both_servers_answer(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"database": True, "redis": True})
