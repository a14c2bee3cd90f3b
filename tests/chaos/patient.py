"""python -m tests.chaos.patient MODULE ARGUMENTS: a process of ours whose Celery waits for the broker without a limit.

It is run as `python -m MODULE ARGUMENTS` would; only what config/celery says to the broker's transport is forgotten.
"""

import runpy
import sys

from config.celery import app


def main() -> None:
    app.conf.broker_transport_options = {}
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
