from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import keys
from accounts.models import ApiKey, AuditEvent
from api import limits
from clinic.clock import database_now
from tests.website import footprint

LIST = "/api/v1/sequences"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer meridian_" + "A" * 43,
        "Basic bmFtZTpwYXNzd29yZA==",
        "Bearer \xff\xfe",
        "Bearer \x00",
        "Bearer " + "x" * 50_000,
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_key_that_works_nothing_is_told_or_done(
    made: tuple[ApiKey, str], method: str, header: str | None
) -> None:
    path = LIST if method == "get" else f"{LIST}/knee/enrolments"
    sent = {"HTTP_AUTHORIZATION": header} if header is not None else {}
    before = footprint.tables()

    answer = getattr(Client(), method)(path, content_type="application/json", **sent)

    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Meridian"'
    assert footprint.tables() == before


def test_a_revoked_key_is_told_what_a_wrong_one_is(program: Client, made: tuple[ApiKey, str]) -> None:
    assert program.get(LIST).status_code == 200

    assert keys.revoke(made[0], by=made[0].created_by, now=database_now())
    answer = program.get(LIST)

    assert answer.status_code == 401
    assert answer.content == Client().get(LIST).content
    assert not keys.revoke(made[0], by=made[0].created_by, now=database_now())
    assert list(AuditEvent.objects.values_list("act", flat=True)) == ["key.made", "key.revoked"]


def test_a_session_is_no_key(made: tuple[ApiKey, str], client: Client) -> None:
    client.force_login(made[0].created_by, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(LIST).status_code == 401


def test_looking_leaves_no_trace_and_acting_does_once_a_minute(program: Client, made: tuple[ApiKey, str]) -> None:
    now = database_now()
    before = footprint.tables()
    program.get(LIST)
    assert footprint.tables() == before

    for moment in (now, now + timedelta(seconds=59), now + timedelta(seconds=61)):
        keys.used(made[0], now=moment)

    assert ApiKey.objects.get().last_used_at == now + timedelta(seconds=61)


def test_a_program_that_asks_too_much_is_told_when_to_come_again(
    program: Client, made: tuple[ApiKey, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 2)

    answers = [program.get(LIST) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60"


def test_wrong_keys_are_counted_by_network_and_cost_a_right_one_nothing(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WRONG_KEYS", 2)

    wrong = [Client().get(LIST).status_code for _ in range(3)]

    assert wrong == [401, 401, 429]
    assert Client(REMOTE_ADDR="203.0.113.9").get(LIST).status_code == 401
    assert program.get(LIST).status_code == 200


def test_without_redis_programs_are_let_in(
    program: Client, settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_args: object, **_named: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "add", away)

    assert program.get(LIST).status_code == 200
    assert "Redis does not answer: programs are not limited" in caplog.messages
