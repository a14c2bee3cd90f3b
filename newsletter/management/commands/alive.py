"""`manage.py alive NAME`: whether a part has been seen working lately; for health checks."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.clock import database_now
from newsletter.deliveries.standing import heartbeats

LIMIT = timedelta(minutes=2)


class Command(BaseCommand):
    help = "Exit with 0 when this part (tick, sender:marketing, sender:transactional) was seen in the last two minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        seen = heartbeats.last_seen().get(options["name"])
        if seen is None:
            raise CommandError(f"{options['name']} has never been seen working.")
        age = database_now() - seen
        if age > LIMIT:
            raise CommandError(f"{options['name']} was last seen {age.total_seconds():.0f} s ago.")
        self.stdout.write(f"{options['name']} was seen {age.total_seconds():.0f} s ago.")
