"""`manage.py send --drain`: the workers' work without any broker, until nothing is due."""

import signal
import sys
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic.clock import database_now
from newsletter import tick
from newsletter.campaigns import report
from newsletter.deliveries import bell, queries
from newsletter.deliveries.models import Lane
from newsletter.deliveries.pacing import pace
from newsletter.deliveries.sending import slot
from newsletter.deliveries.settling import asking
from newsletter.deliveries.standing import holds
from newsletter.liveness import services as liveness

SLOT_SECONDS = 50
TURN_SECONDS = 5
"""How long marketing mail leaves before confirmations are looked for again, when one process does both."""


class Command(BaseCommand):
    help = "Send what is due, without Redis or Celery, and stop."
    # Not those that read every address of the website and the studio: a sender would carry their pages in its memory.
    requires_system_checks = ["meridian"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lane", choices=Lane.values, help="Only this lane; both by default.")
        parser.add_argument("--drain", action="store_true", help="Go on until nothing is due (else one slot a lane).")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stop = False
        self.failure: ExceptionGroup | None = None
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        lanes = [options["lane"]] if options["lane"] else [Lane.TRANSACTIONAL, Lane.MARKETING]
        watched = report.every_few_seconds(self.stdout.write) if sys.stdout.isatty() else nullcontext()
        with bell.muted(), watched:
            leases = self._drain(lanes) if options["drain"] else self._round(lanes, SLOT_SECONDS)
        self.stdout.write(f"Worked on {leases} leases.")
        if self.failure is not None:
            raise self.failure

    def _drain(self, lanes: list[str]) -> int:
        """Round after round while something is due, may leave, and is taken."""
        seconds = TURN_SECONDS if len(lanes) > 1 else SLOT_SECONDS
        leases = self._round(lanes, seconds)
        while not self.stop and any(_can_go_on(lane) for lane in lanes):
            worked = self._round(lanes, seconds)
            leases += worked
            if not worked and not self.stop:
                self.stdout.write("Mail is due that cannot leave now; `manage.py doctor` says why.")
                break
        return leases

    def _round(self, lanes: list[str], seconds: float) -> int:
        self._tick()
        asking.settle(now=database_now(), should_stop=lambda: self.stop)
        if Lane.MARKETING in lanes:
            liveness.look(now=database_now(), seconds=TURN_SECONDS)
        return sum(
            slot.run(
                lane,
                seconds=seconds if lane == Lane.MARKETING else SLOT_SECONDS,
                should_stop=lambda: self.stop,
            )
            for lane in lanes
        )

    def _tick(self) -> None:
        """Work of the tick that fails keeps no mail from leaving; the command ends with it."""
        try:
            tick.tick(now=database_now())
        except ExceptionGroup as failure:
            self.failure = failure

    def _ask_to_stop(self, *args: object) -> None:
        self.stop = True


def _can_go_on(lane: str) -> bool:
    return queries.is_due(lane) and not holds.is_shut(lane) and not pace.state(lane).is_spent
