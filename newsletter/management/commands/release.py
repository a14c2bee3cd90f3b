"""`manage.py release`: end every hold, after saying what is overdue and what becomes of it."""

import re
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.clock import database_now
from newsletter.deliveries.standing import holds, overdue
from newsletter.deliveries.standing.models import Hold
from newsletter.deliveries.standing.release import SPREAD, Choice, careful, release

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
        found = list(holds.unreleased())
        if not found:
            self.stdout.write("There is no hold.")
            return
        skip_after = None if options["late"] else options["skip_older_than"]
        if skip_after is None and not options["late"]:
            skip_after = careful(found).skip_after
        choice = Choice(skip_after=skip_after, over=options["over"])
        self._say_what_holds(found)
        self._say_what_is_overdue()
        self.stdout.write(_what_becomes_of_it(choice))
        if not options["yes"] and not self._agrees():
            raise CommandError("Nothing was changed. Say --yes to release.")
        skipped = release(choice, seen=[hold.pk for hold in found], by=None, now=database_now())
        if skipped is None:
            self._say_what_holds(holds.unreleased())
            raise CommandError("Nothing was released: there is a hold that was not shown before. Look again.")
        self.stdout.write(f"Released. {skipped} mails were skipped.")

    def _say_what_holds(self, found: Iterable[Hold]) -> None:
        for hold in found:
            what = f"{hold.get_scope_display()} on hold since {hold.since:%Y-%m-%d %H:%M:%S %Z}"
            self.stdout.write(f"{what}: {hold.reason} ({hold.by or hold.get_cause_display()})")

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
