"""`manage.py hold`: stop marketing mail, or all mail, within a second."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic.clock import database_now
from newsletter.deliveries.standing import holds
from newsletter.deliveries.standing.models import HoldCause, HoldScope


class Command(BaseCommand):
    help = "Stop marketing mail within a second; with --everything confirmations, reminders and answers too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="Held from the command line.", help="One sentence; staff read it.")
        parser.add_argument("--everything", action="store_true", help="Stop all mail, not only marketing.")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = HoldScope.ALL if options["everything"] else HoldScope.MARKETING
        found = holds.hold(options["reason"], by=None, now=database_now(), scope=scope, cause=HoldCause.COMMAND)
        what = "All mail is" if options["everything"] else "Marketing mail is"
        self.stdout.write(f"{what} on hold since {found.since:%Y-%m-%d %H:%M:%S %Z}. `manage.py release` ends it.")
