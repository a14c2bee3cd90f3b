"""The provider lane through django-anymail: the whole engine, one process, against a stand-in for a batch API.

The stand-in answers 5 ms after each request, in a process of its own; what it costs is among the notes. Mailgun takes
one message and what differs for each recipient, Postmark finished messages, each with its own bodies.
"""

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from config.embedded import ports
from tests.bench import crowd, sending
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.bench.relay import Relay

LATENCY_MS = "5"
ANYMAIL = "anymail.backends"

FIGURES = [
    Figure(
        "provider",
        "provider lane through anymail, merge batches, 1 process",
        "provider-merge",
        3_500,
        5_000,
        unit="recipients/s",
    ),
]


def cases(ground: Ground) -> list[Case]:
    mails = ground.number(20_000, 500)
    return [
        Case("provider", "provider-merge", lambda: mailgun(ground, mails)),
        Case("provider", "provider-full", lambda: postmark(ground, mails)),
    ]


def mailgun(ground: Ground, mails: int) -> Measured:
    with stand_in() as api:
        options = {"api_key": "key", "sender_domain": "mg.example", "api_url": f"http://127.0.0.1:{api.port}/v3/"}
        return lane(ground, api, mails, f"{ANYMAIL}.mailgun.EmailBackend", options)


def postmark(ground: Ground, mails: int) -> Measured:
    with stand_in() as api:
        options = {"server_token": "token", "api_url": f"http://127.0.0.1:{api.port}/"}
        return lane(ground, api, mails, f"{ANYMAIL}.postmark.EmailBackend", options)


def lane(ground: Ground, api: Relay, mails: int, backend: str, options: dict[str, str]) -> Measured:
    """Send the batch by this backend; every recipient must have been told to the provider once."""
    batch = crowd.plan(mails)
    done = sending.drive(ground, api, batch, MARKETING_BACKEND=backend, MARKETING_OPTIONS=json.dumps(options))
    crowd.expect("recipients were told to the provider", taken(api), mails)
    return done


@contextmanager
def stand_in() -> Iterator[Relay]:
    port = ports.free_port()
    command = [sys.executable, "-m", "tests.bench.provider_lane_api", str(port), LATENCY_MS]
    api = Relay(command, {}, port)
    try:
        yield api
    finally:
        api.stop()


def taken(api: Relay) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{api.port}/taken") as answer:
        return int(answer.read())
