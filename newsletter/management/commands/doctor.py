"""`manage.py doctor`: what is stuck, since when, and what to do about it."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, OperationalError

from clinic.clock import database_now
from newsletter.health import names, queries
from newsletter.health.findings import Finding, Level


class Command(BaseCommand):
    help = "Say what is stuck and what to do. Ends with 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="The same for programs.")
        parser.add_argument(
            "--dns", action="store_true", help="Look up SPF, DKIM and DMARC of the sender's domain too."
        )
        parser.add_argument(
            "--dkim-selector",
            action="append",
            default=[],
            metavar="NAME",
            help="A DKIM selector to look up, with --dns.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = _examined(options["dkim_selector"] if options["dns"] else None)
        if options["json"]:
            self.stdout.write(json.dumps([_plain(finding) for finding in found], indent=2))
        else:
            self._say(found)
        wrong = sum(finding.level is Level.WRONG for finding in found)
        if wrong:
            raise CommandError(f"{wrong} of these need somebody.")

    def _say(self, found: Sequence[Finding]) -> None:
        for finding in found:
            self.stdout.write(f"{'WRONG' if finding.level is Level.WRONG else 'note '}  {finding.what}")
            if finding.since:
                self.stdout.write(f"       Since {finding.since:%Y-%m-%d %H:%M %Z}.")
            self.stdout.write(f"       {finding.advice}")
            if finding.room:
                self.stdout.write(f"       {settings.PUBLIC_URL}{_path(finding.room)}")
        if not found:
            self.stdout.write("Nothing is stuck.")


def _examined(selectors: Sequence[str] | None) -> list[Finding]:
    try:
        found = queries.findings(database_now())
        return found if selectors is None else found + names.findings(selectors)
    except (OperationalError, InterfaceError) as error:
        return [Finding(f"The database does not answer: {_said(error)}", "Start PostgreSQL, or look at DATABASE_URL.")]
    except DatabaseError as error:
        return [Finding(f"The database is not what it must be: {_said(error)}", "Run `manage.py migrate`.")]


def _said(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _path(room: str) -> str:
    return f"/studio/{room.replace('_', '/')}"


def _plain(finding: Finding) -> dict[str, str | None]:
    since = finding.since.isoformat() if finding.since else None
    return {
        "level": finding.level.value,
        "what": finding.what,
        "since": since,
        "advice": finding.advice,
        "room": finding.room or None,
    }
