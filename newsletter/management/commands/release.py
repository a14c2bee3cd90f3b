"""`manage.py release`: end every hold, after saying what is overdue and what becomes of it."""

import re
import sys
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.clock import database_now
from newsletter.deliveries import holds, overdue
from newsletter.deliveries.release import SPREAD, Choice, careful, release

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(words: str) -> timedelta:
    """90m, 2h or 3d; 0 is none at all."""
    found = re.fullmatch(r"(\d{1,4})([mhd])", words if words != "0" else "0m")
    if found is None:
        raise ArgumentTypeError(f"{words} is not a span of time such as 90m, 2h or 3d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    help = "End every hold. Says what is overdue first; without options the careful choice for this hold is taken."

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--late", action="store_true", help="Skip nothing: everything leaves late.")
        choice.add_argument(
            "--skip-older-than",
            type=span,
            metavar="SPAN",
            help="Never send what is overdue for longer: 2h, 3d; 0: all.",
        )
        parser.add_argument(
            "--over",
            type=span,
            default=SPREAD,
            metavar="SPAN",
            help="Spread late marketing mail over this; 2h if not said.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        hold = holds.active()
        if hold is None:
            self.stdout.write("There is no hold.")
            return
        usual = careful(hold)
        skip_after = None if options["late"] else options["skip_older_than"]
        if skip_after is None and not options["late"]:
            skip_after = usual.skip_after
        choice = Choice(skip_after=skip_after, over=options["over"])
        self.stdout.write(f"On hold since {hold.since:%Y-%m-%d %H:%M:%S %Z}: {hold.reason}")
        self._say_what_is_overdue()
        self.stdout.write(_what_becomes_of_it(choice))
        if not options["yes"] and not self._agrees():
            raise CommandError("Nothing was changed. Say --yes to release.")
        skipped = release(choice, by=None, now=database_now())
        self.stdout.write(f"Released. {skipped} mails were skipped.")

    def _say_what_is_overdue(self) -> None:
        found = overdue.lines(database_now())
        for line in found:
            self.stdout.write(f"  {line.count:>9,}  {line.lane}: {line.what}, since {line.oldest:%Y-%m-%d %H:%M %Z}")
        if not found:
            self.stdout.write("  Nothing is overdue.")

    def _agrees(self) -> bool:
        return sys.stdin.isatty() and input("Release? [y/N] ").strip().lower() in {"y", "yes"}


def _what_becomes_of_it(choice: Choice) -> str:
    hours = choice.over / timedelta(hours=1)
    late = f"leaves late, marketing spread over {hours:g} h"
    if choice.skip_after is None:
        return f"All of it {late}."
    if not choice.skip_after:
        return "All of it is skipped and never leaves."
    return f"What is overdue for more than {choice.skip_after} is skipped and never leaves; the rest {late}."
