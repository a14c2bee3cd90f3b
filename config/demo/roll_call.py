"""Wait until every Celery worker that is named has answered a ping; end with 1 if one never does."""

import sys
import time

from config.celery import app

PATIENCE = 60.0


def missing(workers: list[str], *, within: float) -> set[str]:
    """Return those that did not answer in time; nobody, as a rule, and as soon as the last has answered."""
    waiting, deadline = set(workers), time.monotonic() + within
    while waiting and time.monotonic() < deadline:
        answers = app.control.ping(destination=sorted(waiting), timeout=0.5)
        waiting -= {name for answer in answers for name in answer}
    return waiting


def main() -> None:
    silent = missing(sys.argv[1:], within=PATIENCE)
    if silent:
        sys.exit(f"No answer from {', '.join(sorted(silent))}.")


if __name__ == "__main__":
    main()
