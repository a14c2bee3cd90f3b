"""python -m tests.chaos [--only NAME] [--seed N] [--quick]: play every scenario beside its naive control.

One summary line a run. Exits with 1 if the engine broke a promise, or if a control came off clean, for then the
harness would be blind.
"""

import argparse
import importlib
import sys
import time
import traceback
from types import ModuleType

import django

from tests.chaos import ground as grounds
from tests.chaos.ground import Ground

SCENARIOS = (
    "kills",
    "relay_faults",
    "two_relays",
    "database_restarts",
    "opt_outs",
    "broker_loss",
    "deaf_broker",
    "two_beats",
    "frozen",
    "hostile_people",
    "wrong_clocks",
    "clock_changes",
    "rolling_restarts",
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", choices=SCENARIOS, action="append", help="this scenario; may be repeated")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--quick", action="store_true", help="the same with few mails and few disturbances")
    parser.add_argument("--no-control", action="store_true", help="leave the naive controls out")
    return parser.parse_args()


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def play(scenario: ModuleType, ground: Ground, asked: argparse.Namespace) -> bool:
    """Play one scenario and its control; whether both came off as they must."""
    began = time.monotonic()
    try:
        verdict = scenario.run(ground, seed=asked.seed, quick=asked.quick)
    except Exception:  # noqa: BLE001 - a run that cannot be played is a violation, and the next is played
        verdict = None
        say(traceback.format_exc())
    said = verdict.line() if verdict else "could not be played"
    say(f"{scenario.NAME}: {said} ({time.monotonic() - began:.0f} s)")
    return verdict is not None and not verdict.violations


def play_control(scenario: ModuleType, ground: Ground, asked: argparse.Namespace) -> bool:
    began = time.monotonic()
    try:
        verdict = scenario.control(ground, seed=asked.seed, quick=asked.quick)
    except Exception:  # noqa: BLE001 - as above
        say(traceback.format_exc())
        return False
    fails = "fails, as it must" if verdict.violations else "CAME OFF CLEAN: the harness is blind"
    say(f"{scenario.NAME}, naive control: {verdict.line()} - {fails} ({time.monotonic() - began:.0f} s)")
    return bool(verdict.violations)


def main() -> int:
    asked = arguments()
    names = asked.only or SCENARIOS
    flags = f"{' --quick' if asked.quick else ''}{' --no-control' if asked.no_control else ''}"
    with grounds.own() as ground:
        django.setup()
        importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
        results = []
        for name in names:
            scenario = importlib.import_module(f"tests.chaos.{name}")
            say(f"python -m tests.chaos --only {name} --seed {asked.seed}{flags}")
            results.append(play(scenario, ground, asked))
            if not asked.no_control:
                results.append(play_control(scenario, ground, asked))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
