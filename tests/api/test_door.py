import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import Client
from django.urls import resolve

from accounts.models import ApiKey
from api import limits
from leads.models import Lead
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import programs
from tests.factories import people
from tests.website.hostile import CONTENT_TYPES, HEADERS, NASTY, Hostile, status_of

Post = Callable[..., Any]
V1 = "/api/v1"


@pytest.fixture
def post(program: Client, knee: Sequence) -> Post:
    def sent(body: bytes | str, content_type: str = "application/json") -> Any:
        return program.generic("POST", f"{V1}/sequences/knee/enrolments", body, content_type=content_type)

    return sent


def told(answer: Any) -> int:
    """The status, where it is said as a problem, kept by nobody and without a cookie."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies
    return answer.status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b" ", 400),
        (b"{", 400),
        (b"\xff\xfe\x00", 400),
        (b"\x00", 400),
        (b"[" * 9000, 400),
        (b'{"lead":' + b"9" * 5000 + b"}", 400),
        (b"null", 422),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"lead": null, "email": null}', 422),
        (b'{"lead": 1, "email": "ada@mail.example"}', 422),
        (b'{"lead": "1"}', 422),
        (b'{"lead": true}', 422),
        (b'{"lead": 1.0}', 422),
        (b'{"lead": NaN}', 422),
        (b'{"lead": 0}', 422),
        (b'{"lead": -1}', 422),
        (b'{"lead": 9223372036854775808}', 422),
        (b'{"email": 1}', 422),
        (b'{"email": {"a": 1}}', 422),
        (b'{"email": ""}', 422),
        (b'{"email": "ada"}', 422),
        (b'{"email": "a\\u0000@mail.example"}', 422),
        (b'{"email": "\\ud800@mail.example"}', 422),
        (b'{"email": "' + b"a" * 400 + b'@mail.example"}', 422),
        (b'{"email": "ada@mail.example", "phone": "1"}', 422),
        (b'{"lead": 9223372036854775807}', 409),
    ],
)
def test_whatever_a_body_says_is_answered_as_a_problem(post: Post, body: bytes, status: int) -> None:
    assert told(post(body)) == status
    assert Enrolment.objects.count() == 0


def test_what_was_sent_is_not_said_back(post: Post) -> None:
    answer = post(b'{"email": ["<script>ada@mail.example"], "lead": "ada@mail.example"}')

    assert [found["where"] for found in answer.json()["errors"]] == ["body.who.email", "body.who.lead"]
    assert "ada" not in answer.text


def test_a_huge_body_is_not_read(post: Post) -> None:
    assert told(post(b'{"email": "' + b"a" * 17_000 + b'"}')) == 413


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_what_is_no_json_is_turned_away(post: Post, kind: str) -> None:
    assert told(post(b'{"lead": 1}', kind)) == 415


def test_json_may_say_its_charset(post: Post, knee: Sequence) -> None:
    lead = people.consent().lead

    assert post(json.dumps({"lead": lead.pk}), "application/json; charset=utf-8").status_code == 201


@pytest.mark.parametrize(
    "path", ["", "/", "/sequences/", "/docs", "/sequences/knee", "/sequences/a%00b/enrolments", "/x"]
)
def test_where_nothing_is_it_is_said_as_a_problem(program: Client, path: str) -> None:
    answer = program.get(V1 + (path or "/nothing"))

    assert told(answer) == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused(program: Client, method: str) -> None:
    answer = program.generic(method, f"{V1}/sequences")

    assert told(answer) == 405
    assert answer.headers["Allow"] == "GET"


def test_looking_begins_nothing(program: Client, knee: Sequence) -> None:
    assert told(program.get(f"{V1}/sequences/knee/enrolments")) == 405
    assert told(program.get(f"{V1}/sequences/knee/leave")) == 405


def test_while_the_database_is_away_it_is_said_so(program: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(programs, "offered", away)

    answer = program.get(f"{V1}/sequences")

    assert told(answer) == 503
    assert answer.headers["Retry-After"] == "120"


def test_our_own_mistakes_are_not_hidden(program: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken() -> None:
        raise RuntimeError

    monkeypatch.setattr(programs, "offered", mistaken)

    with pytest.raises(RuntimeError):
        program.get(f"{V1}/sequences")


def test_the_headers_are_those_of_every_page(program: Client) -> None:
    answer = program.get(f"{V1}/sequences")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_no_other_form_goes_without_its_token(made: tuple[ApiKey, str], knee: Sequence) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {made[1]}"})

    assert strict.post("/studio/sign-in", {}).status_code == 403
    assert strict.post(f"{V1}/sequences/knee/enrolments", {"lead": 2**62}, "application/json").status_code == 409


def test_what_can_be_asked_is_described_without_a_key(client: Client, db) -> None:
    described = client.get(f"{V1}/openapi.json")
    begin = described.json()["paths"]["/api/v1/sequences/{key}/enrolments"]["post"]

    assert described.status_code == 200
    assert sorted(described.json()["paths"]) == [
        "/api/v1/sequences",
        "/api/v1/sequences/{key}/enrolments",
        "/api/v1/sequences/{key}/leave",
    ]
    assert sorted(begin["responses"]) == ["200", "201", "400", "401", "404", "409", "413", "415", "422", "429"]
    assert list(begin["responses"]["409"]["content"]) == ["application/problem+json"]
    assert begin["security"] == [{"Program": []}]


def test_every_address_is_opened_by_the_key_alone() -> None:
    for path in ("/sequences", "/sequences/knee/enrolments", "/sequences/knee/leave", "/openapi.json", "/", "/x"):
        view: Any = resolve(V1 + path).func
        assert (view.login_required, view.csrf_exempt) == (False, True)


@pytest.fixture
def one_connection():
    """The test's transaction lives in the connection that a finished request would give back."""
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)


def test_no_malformed_request_breaks_anything(
    made: tuple[ApiKey, str], knee: Sequence, one_connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 1000)
    hostile = Hostile(seed=5, world={})
    lead = people.consent().lead
    broken, statuses = [], set()
    for _ in range(200):
        request = almost_right(hostile, made[1], lead)
        status = status_of(request)
        statuses.add(status)
        if status >= 500:
            broken.append((status, request))

    assert broken == []
    assert statuses >= {201, 400, 401, 404, 409, 413, 415, 422}
    assert Enrolment.objects.count() == 1


def almost_right(hostile: Hostile, secret: str, lead: Lead) -> dict:
    """A request with one or two things gone wrong."""
    chance: random.Random = hostile.chance
    odd: list[Any] = [*NASTY, lead.pk, -1, 2**70, 1.5, True, None, [], {}, [[]], "ada@mail.example"]
    named: dict[str, Any] = chance.choice(
        [{"lead": lead.pk}, {"email": chance.choice(odd)}, {"lead": chance.choice(odd)}]
    )
    extra = {chance.choice(["lead", "email", "\x00", "x" * 300]): chance.choice(odd)} if chance.random() < 0.3 else {}
    body = json.dumps({**named, **extra}).encode() + chance.choice([b""] * 20 + [b"\x00", b"}", b"\xff", b" " * 20_000])
    path = chance.choice(["/sequences/knee/enrolments"] * 6 + ["/sequences/%00/leave", "/sequences/k/leave", "/%ff"])
    request = hostile._environ("POST", V1 + path, body, chance.choice(["application/json"] * 60 + CONTENT_TYPES))
    request["HTTP_AUTHORIZATION"] = chance.choice([f"Bearer {secret}"] * 12 + ["Bearer x", "", "Bearer \xff"])
    if chance.random() < 0.2:
        header, values = chance.choice([one for one in HEADERS if one[0] != "HTTP_X_FORWARDED_PROTO"])
        request[header] = chance.choice(values)
    return request
