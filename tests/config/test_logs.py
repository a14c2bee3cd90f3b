"""No log of ours, nor the proxy's, keeps a link's token or a reader's address."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config.env import BASE_DIR
from config.logs import Discreet, masked

SECRET_PARTS = {"token": "tO-k_eN9", "uid": "7a5d1c9e-6bff-4f5e-9d57-0d6c4a3f0b11", "uidb64": "MQx"}
PROXY = re.findall(r'request>uri regexp "(.+)" "\$1"', (BASE_DIR / "config/proxy/Caddyfile").read_text())[0]


def named(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every address of ours, by its full name, with what stands in it."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield space + (pattern.name or ""), pattern.pattern.converters


SECRET = [
    reverse(name, kwargs={part: SECRET_PARTS.get(part, 1) for part in parts})
    for name, parts in named(get_resolver().url_patterns)
    if SECRET_PARTS.keys() & parts.keys()
]


def holds_a_secret(text: str) -> bool:
    return any(part in text for part in SECRET_PARTS.values())


def proxied(path: str) -> str:
    """The path as the proxy writes it down."""
    return re.sub(PROXY, r"\1", path)


def test_there_are_secret_addresses_to_try():
    assert {"/c/tO-k_eN9/1", "/confirm/tO-k_eN9", "/studio/welcome/tO-k_eN9"} <= set(SECRET)


@pytest.mark.parametrize("path", SECRET)
@pytest.mark.parametrize("line", ["Not Found: {}", "GET {}?x=1", "see {}", "at https://clinic.example{}", '"{}"', "{}"])
def test_a_token_is_left_out_of_a_line(path: str, line: str):
    assert not holds_a_secret(masked(line.format(path)))


@pytest.mark.parametrize("path", SECRET)
def test_the_proxy_leaves_it_out_too(path: str):
    assert not holds_a_secret(proxied(path))


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/u/tO-k_eN9", "/u/"),
        ("/studio/leads?q=ada@mail.example", "/studio/leads"),
        ("/call/7a5d/call.ics?x", "/call/"),
        ("/static/website/site.css", "/static/website/site.css"),
        ("/studio/campaigns/12/edit", "/studio/campaigns/12/edit"),
    ],
)
def test_the_proxy_keeps_which_page_it_was(path: str, kept: str):
    assert proxied(path) == kept


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Forbidden: /u/tO-k_eN9", "Forbidden: /u/-"),
        (
            "DETAIL:  Key (key)=(ada@mail.example) already exists.",
            "DETAIL:  Key (key)=(a•••@mail.example) already exists.",
        ),
        ("<ada.l+x@mail.example> rejected", "<a•••@mail.example> rejected"),
        ("redis://:secret@redis.example:6379/0", "redis://:s•••@redis.example:6379/0"),
        ("Not Found: /studio/leads/12", "Not Found: /studio/leads/12"),
        ("tick@demo ready.", "tick@demo ready."),
    ],
)
def test_what_is_no_secret_stays_readable(line: str, kept: str):
    assert masked(line) == kept


def test_every_handler_of_ours_is_discreet():
    formatters = {name: settings.LOGGING["formatters"][name]["class"] for name in settings.LOGGING["formatters"]}

    assert set(formatters.values()) == {"config.logs.Discreet"}
    assert all(handler["formatter"] in formatters for handler in settings.LOGGING["handlers"].values())


def test_a_refused_request_is_logged_without_its_token(client: Client, caplog: pytest.LogCaptureFixture):
    client.delete("/u/tO-k_eN9")

    assert [Discreet("%(message)s").format(record) for record in caplog.records] == [
        "Method Not Allowed (DELETE): /u/-"
    ]


def test_a_traceback_is_masked_as_well():
    with pytest.raises(ValueError, match="invalid literal") as broken:
        int("ada@mail.example")
    error = broken.value
    record = logging.LogRecord("x", logging.ERROR, "", 0, "broken", (), (ValueError, error, error.__traceback__))

    lines = Discreet("%(message)s").format(record).splitlines()

    assert lines[0] == "broken"
    assert lines[-1] == "ValueError: invalid literal for int() with base 10: 'a•••@mail.example'"
