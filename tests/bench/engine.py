"""The whole engine against postfix's own load generator: same sink, same size, same sessions, same run.

engine-1        one process of `manage.py send --drain`, settings' defaults
engine-2        two of them on one campaign
engine-paced    one, with rate limits set so high that they hold nothing back: every check is made and counted
engine-slot     one slot of a Celery worker, rung once
smtp-source-4, smtp-source-8
                what postfix sends with so many sessions: one body, no database, no account of anything
"""

import json
import time
from dataclasses import replace

from tests.bench import crowd, relay, sending, tools
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured

HEADERS = 110
"""So many bytes smtp-source puts before the payload that it is told the length of."""
LIMITS = json.dumps(
    {
        "rate_per_second": 1_000_000,
        "rate_per_day": 1_000_000_000,
        "domains": {"gmail.com": {"rate_per_second": 1_000_000}},
    }
)

FIGURES = [
    Figure(
        "engine-1", "whole engine, 1 process, against smtp-source -d -s 4", "engine-1", 0.75, 1.1, to="smtp-source-4"
    ),
    Figure(
        "engine-2", "whole engine, 2 processes, against smtp-source -d -s 8", "engine-2", 0.9, 1.2, to="smtp-source-8"
    ),
    Figure(
        "sender-cpu",
        "sender CPU per mail, all included",
        "engine-paced",
        150,
        100,
        metric="cpu_us",
        unit="us",
        lower_is_better=True,
    ),
    Figure(
        "worker-memory",
        "peak memory of a Celery worker that sends",
        "engine-slot",
        120,
        110,
        metric="peak_mb",
        unit="MB",
        lower_is_better=True,
    ),
]


def cases(ground: Ground) -> list[Case]:
    mails = ground.number(150_000, 1_000)
    return [
        Case("engine", "engine-1", lambda: engine(ground, mails)),
        Case("engine", "engine-2", lambda: engine(ground, mails, processes=2)),
        Case("engine", "engine-paced", lambda: engine(ground, mails, MARKETING_LANE=LIMITS)),
        Case("engine", "engine-slot", lambda: slot(ground, mails)),
        Case("engine", "smtp-source-4", lambda: smtp_source(mails, sessions=4)),
        Case("engine", "smtp-source-8", lambda: smtp_source(mails, sessions=8)),
    ]


def engine(ground: Ground, mails: int, *, processes: int = 1, **variables: str) -> Measured:
    started = time.perf_counter()
    batch = crowd.plan(mails)
    planning = time.perf_counter() - started
    with relay.smtp_sink() as sink:
        sent = sending.drive(ground, sink, batch, processes=processes, **variables)
    return replace(sent, notes={**sent.notes, "rate_with_planning": mails / (sent.seconds + planning)})


def slot(ground: Ground, mails: int) -> Measured:
    """What one ring of the bell, that of the planning, sets going in a worker that is there already."""
    with relay.smtp_sink() as sink:
        with sending.worker_at_hand(ground, sink) as worker:
            batch = crowd.plan(mails)
            around, database = time.time(), sending.database_seconds(ground)
            sending.look_until_sent(worker, batch)
            whole, spent = time.time() - around, sending.database_seconds(ground) - database
        return sending.measured(batch, [worker], whole=whole, relay=sink, database=spent)


def smtp_source(mails: int, *, sessions: int) -> Measured:
    """One body over and over, as fast as postfix can; its connections are kept, as ours are."""
    size = crowd.copy_size()
    options = ["-d", "-s", str(sessions), "-m", str(mails), "-l", str(size - HEADERS)]
    with relay.smtp_sink() as sink:
        command = tools.smtp("smtp-source", *options, f"127.0.0.1:{sink.port}")
        started = time.perf_counter()
        source = sending.start(command, tools.environment())
        source.wait()
        seconds = time.perf_counter() - started
        crowd.expect("is smtp-source's exit code", source.process.returncode, 0)
        notes = {"sink_cpu_us": sink.cpu_seconds() / mails * 1e6, "bytes": size}
        return Measured(mails, seconds, source.cpu_seconds, notes=notes)
