"""`manage.py worker QUEUE`: a Celery worker as this system needs it.

`celery worker` would do the same work with the same options; its command line brings a prompt with colours besides,
eleven megabytes in every worker that never shows one. The pool is the process itself, since a prefork child never
hears SIGTERM, and a sender that is asked to stop must finish what is under way.
"""

import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config import checks
from config.celery import QUEUES, app


class Command(BaseCommand):
    help = "Do what one queue, or several, rings for, until asked to stop."
    requires_system_checks = [checks.OURS]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="+", choices=QUEUES, metavar="QUEUE", help=", ".join(QUEUES))
        parser.add_argument("--name", help="What it answers to, as NAME@HOST; else the queue on this machine.")

    def handle(self, *args: Any, **options: Any) -> None:
        queues = options["queues"]
        worker = app.Worker(
            hostname=options["name"] or f"{'-'.join(queues)}@{socket.gethostname()}",
            queues=queues,
            pool_cls="solo",
            loglevel=settings.LOG_LEVEL,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        sys.exit(worker.exitcode)
