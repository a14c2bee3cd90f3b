"""`manage.py alive NAME`: whether a part has been seen working lately; for health checks."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.clock import database_now
from newsletter.deliveries.standing.models import Heartbeat

LIMIT = timedelta(minutes=2)


class Command(BaseCommand):
    help = "Exit with 0 when this part (tick, sender:marketing, sender:transactional) worked in the last two minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        seen = Heartbeat.objects.filter(name=options["name"]).first()
        if seen is None:
            raise CommandError(f"{options['name']} has never been seen working.")
        now = database_now()
        age = now - seen.at
        if age > LIMIT:
            raise CommandError(f"{options['name']} was last seen {age.total_seconds():.0f} s ago.")
        if now - seen.well_at > LIMIT:
            raise CommandError(f"{options['name']} fails, for {(now - seen.well_at).total_seconds():.0f} s: {seen.why}")
        self.stdout.write(f"{options['name']} was seen {age.total_seconds():.0f} s ago.")
