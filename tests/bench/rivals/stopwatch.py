"""How each of them is timed: from the call that plans the mails to the last one's being taken."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rival_settings")

LETTER = Path(os.environ["RIVAL_LETTER"])
SUBJECT = "{{ first_name }}, what people ask us most often in autumn"
SENDER = "Dana at Harbour <dana@harbour.example>"


def prepare() -> int:
    """Wire Django, make the tables, and say how many mails are wanted."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after the wiring

    call_command("migrate", verbosity=0)
    return int(sys.argv[1])


def time_it(count: int, send: Callable[[], None]) -> None:
    """Run it and print one line of JSON."""
    before, started = cpu_seconds(), time.perf_counter()
    send()
    facts = {"count": count, "seconds": time.perf_counter() - started, "cpu_seconds": cpu_seconds() - before}
    sys.stdout.write(json.dumps(facts) + "\n")


def cpu_seconds() -> float:
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime


def person(number: int) -> dict[str, str]:
    return {"first_name": f"Robin{number}", "token": f"{number:022d}"}


def address(number: int) -> str:
    return f"reader{number}@mail.example"
