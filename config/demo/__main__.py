"""python -m config.demo [--afresh] [--empty]: run the demo until Ctrl-C or SIGTERM."""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from config import env
from config.demo import afresh, announcement, ground, instance, ledger, parts
from config.demo.parts import Place
from config.demo.supervisor import Supervisor
from config.embedded import ports, servers
from config.embedded.servers import Servers
from config.embedded.unavailable import Unavailable

DAY_SECONDS = "6"
PREPARATION_SECONDS = 300.0
START_SECONDS = 90.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody wants the demo to end."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.demo", description=__doc__)
    parser.add_argument("--afresh", action="store_true", help="throw the demo's data away first")
    parser.add_argument("--empty", action="store_true", help="begin without the fictional people and their past")
    options = parser.parse_args()
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        _run(env.var_dir(), port=env.number("MERIDIAN_PORT", 8000), options=options)
    except Stopped:
        say("Stopped; the data are kept.")
    except Unavailable as problem:
        sys.exit(str(problem))
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        sys.exit(f"The disk is full: {env.var_dir()} cannot be written to.")


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _run(directory: Path, *, port: int, options: argparse.Namespace) -> None:
    ground.check(directory, port=0)
    with instance.Lock(directory):
        survivors = ledger.stop_survivors(directory / "demo.pids")
        if survivors:
            say(f"Stopped {survivors} processes that an earlier demo had left behind.")
        ground.check(directory, port=port)
        if options.afresh:
            afresh.throw_away(directory, environ=os.environ)
        supervisor = Supervisor(directory / "demo.pids", say=say)
        try:
            place = _start_servers(directory, port=port or ports.free_port(), supervisor=supervisor)
            say("Preparing the data.")
            supervisor.finish(parts.prepare(place, is_empty=options.empty), within=PREPARATION_SECONDS)
            _start_parts(place, supervisor=supervisor)
            supervisor.watch()
        finally:
            _ignore_further_signals()
            (directory / "demo.json").unlink(missing_ok=True)
            supervisor.stop()


def _start_servers(directory: Path, *, port: int, supervisor: Supervisor) -> Place:
    for name in ("demo.json", "beat-heartbeat"):
        (directory / name).unlink(missing_ok=True)
    (directory / "static").mkdir(exist_ok=True)
    say("Starting PostgreSQL and Valkey.")
    running = servers.start(directory, environ=os.environ)
    for server in running.ours:
        supervisor.adopt(server)
    return _place(directory, port=port, running=running)


def _start_parts(place: Place, *, supervisor: Supervisor) -> None:
    """Return when every part is ready and has been announced."""
    say("Starting the website, the workers, the clock and the mail sink.")
    started = [supervisor.start(program) for program in parts.all_parts(place)]
    supervisor.finish(parts.roll_call(place), within=START_SECONDS)
    for program in started:
        program.wait_until_ready(within=START_SECONDS)
    found = announcement.facts(place)
    announcement.publish(place.directory / "demo.json", found)
    say(announcement.for_people(found, day=place.environ["SEQUENCE_DAY_SECONDS"]))


def _place(directory: Path, *, port: int, running: Servers) -> Place:
    smtp_port = ports.free_port()
    environ = _environ(directory, os.environ) | {
        "DATABASE_URL": running.database_url,
        "REDIS_URL": running.redis_url,
        "SMTP_PORT": str(smtp_port),
        "PUBLIC_URL": os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{port}"),
    }
    return Place(directory=directory, web_port=port, smtp_port=smtp_port, environ=environ)


def _environ(directory: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the demo's settings. Whatever mail provider the environment names, the demo writes to nobody."""
    lanes = ("MARKETING_BACKEND", "MARKETING_OPTIONS", "TRANSACTIONAL_BACKEND", "TRANSACTIONAL_OPTIONS")
    return {
        **dict.fromkeys([*lanes, "SMTP_USERNAME", "SMTP_PASSWORD"], ""),
        "DEBUG": "1",
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "SEQUENCE_DAY_SECONDS": given.get("SEQUENCE_DAY_SECONDS", DAY_SECONDS),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_SECURITY": "none",
        "VAR_DIR": str(directory),
    }


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _ignore_further_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    main()
