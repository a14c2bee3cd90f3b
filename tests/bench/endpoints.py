"""What a mail's readers do, on one core: clicks, and one-click unsubscribes beside a campaign that is being sent.

click         GET /c/TOKEN/0, each token once; afterwards there is a row for every answer
one-click     POST /u/TOKEN as RFC 8058 has it, each a different person of a campaign that a sender is sending;
              afterwards everybody is opted out, and nothing was handed over after an opt-out was committed

gunicorn runs compose's own command, pinned to one core; PostgreSQL, the sender, the sink and who asks share the other.
Sixteen kept connections, each asking for the next page as soon as it has the last one.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import psutil

from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Kind, State
from newsletter.tracking.models import Click
from tests.bench import crowd, endpoints_people, endpoints_server, relay, sending
from tests.bench.endpoints_people import Mailing
from tests.bench.endpoints_server import OTHER_CORE, Web
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.bench.relay import Relay
from tests.bench.sending import Sender

CONNECTIONS = 16
PATIENCE = 60.0
NOBODY = "A" * 22
WARM_UP = [f"GET /c/{NOBODY}/0"] * 400 + [f"POST /u/{NOBODY}"] * 200
LEFT = """
SELECT count(*) FROM newsletter_delivery d JOIN leads_lead l ON l.id = d.lead_id
JOIN newsletter_suppression s ON s.address_hash = l.address_hash AND s.lifted_at IS NULL
WHERE d.kind = %(kind)s AND d.owner = %(owner)s AND s.scope = 'marketing' AND s.reason = 'unsubscribed'
  AND NOT EXISTS (SELECT 1 FROM leads_consent c WHERE c.lead_id = l.id AND c.withdrawn_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM newsletter_enrolment e WHERE e.lead_id = l.id AND e.state <> 'exited')
"""
ENDED = """
SELECT count(*) FILTER (WHERE o.state = %(submitted)s),
       count(*) FILTER (WHERE o.state = %(submitted)s AND o.at > s.at + %(fresh)s),
       count(*) FILTER (WHERE s.at IS NOT NULL AND o.state = %(refused)s)
FROM newsletter_delivery d JOIN newsletter_outcome o ON o.delivery_id = d.id
JOIN leads_lead l ON l.id = d.lead_id LEFT JOIN newsletter_suppression s ON s.address_hash = l.address_hash
WHERE d.kind = %(kind)s AND d.owner = %(owner)s
"""
"""What was submitted; what of it was taken so late after its opt-out that the gate must have looked after it;
and whom the gate held back because they had left."""

_owners = count(2_000_000_000)

FIGURES = [
    Figure("click", "click endpoint on one core, recorded durably", "click", 1_000, 1_500, unit="requests/s"),
    Figure("click-p99", "its 99th percentile", "click", 50, 50, metric="p99_ms", unit="ms", lower_is_better=True),
    Figure("unsubscribe", "one-click unsubscribe beside a campaign", "one-click", 200, 400, unit="requests/s"),
    Figure(
        "unsubscribe-p99",
        "its 99th percentile",
        "one-click",
        300,
        300,
        metric="p99_ms",
        unit="ms",
        lower_is_better=True,
    ),
]


def cases(ground: Ground) -> list[Case]:
    return [
        Case("endpoints", "click", lambda: click(ground, ground.number(6_000, 200))),
        Case("endpoints", "one-click", lambda: leave(ground, ground.number(2_000, 100), ground.number(40, 300))),
    ]


def click(ground: Ground, clicks: int) -> Measured:
    mailing = endpoints_people.submitted(next(_owners), count=clicks)
    endpoints_people.analyse()
    before = Click.objects.count()
    with endpoints_server.web(ground) as web:
        measured = _ask(web, [f"GET /c/{token}/0" for token in _some(mailing, clicks)], status="302")
    crowd.expect("clicks were written down", Click.objects.count() - before, clicks)
    return measured


def leave(ground: Ground, leavers: int, followers: int) -> Measured:
    """Those who leave are spread over the campaign: some go before their mail is looked at, some after."""
    mailing = endpoints_people.planned(next(_owners), count=leavers * followers)
    endpoints_people.analyse()
    posts = [f"POST /u/{token}" for token in _some(mailing, leavers)]
    with endpoints_server.web(ground) as web, relay.smtp_sink() as sink:
        sender = sending.start(sending.DRAIN, sending.environment(ground, sink))
        psutil.Process(sender.process.pid).cpu_affinity([OTHER_CORE])
        try:
            _wait_until_mail_leaves(sink)
            measured = _ask(web, posts, status="200")
            crowd.expect("senders were still at it after the last answer", int(mailing.is_open() and sender.look()), 1)
        finally:
            _stop(sender)
            mailing.cancel()
    return replace(measured, notes={**measured.notes, **_checked(mailing, leavers)})


def _stop(sender: Sender) -> None:
    """As a deployment does; it may have ended, its campaign done."""
    if sender.look():
        os.kill(sender.process.pid, signal.SIGTERM)
        sender.wait()


def _wait_until_mail_leaves(sink: Relay) -> None:
    """The sender takes a second to begin."""
    until = time.monotonic() + PATIENCE
    while not sink.cpu_seconds():
        if time.monotonic() > until:
            raise crowd.Unexpected("The sender did not begin.")
        time.sleep(0.02)


def _checked(mailing: Mailing, leavers: int) -> dict[str, float]:
    values = {"kind": Kind.CAMPAIGN, "owner": mailing.owner, "submitted": State.SUBMITTED, "refused": State.REFUSED}
    crowd.expect("have left", crowd.one_row(LEFT, values)[0], leavers)
    submitted, late, held_back = crowd.one_row(ENDED, {**values, "fresh": timedelta(seconds=gate.FRESH)})
    crowd.expect("mails left after their opt-out", late, 0)
    return {"mails_beside": submitted, "held_back": held_back}


def _some(mailing: Mailing, wanted: int) -> list[str]:
    return random.Random(mailing.owner).sample(mailing.tokens(), wanted)


def _ask(web: Web, requests: list[str], *, status: str) -> Measured:
    """Make every request once, from the other core; the first six hundred, to nobody's links, wake the server up."""
    _load(web, WARM_UP)
    before = web.cpu_seconds()
    found = _load(web, requests)
    spent = web.cpu_seconds() - before
    crowd.expect(f"answers were {status}", found["statuses"].get(status, 0), len(requests))
    notes = {name: found[name] for name in ("p50_ms", "p99_ms", "max_ms")}
    notes["load_cpu_us"] = found["cpu_seconds"] / len(requests) * 1e6
    return Measured(len(requests), found["seconds"], spent, web.peak_bytes(), notes)


def _load(web: Web, requests: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.endpoints_load", str(web.port), str(CONNECTIONS)]
    done = subprocess.run(
        endpoints_server.on_core(OTHER_CORE, command),
        input="\n".join(requests),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
