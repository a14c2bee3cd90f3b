"""`manage.py progress [CAMPAIGN]`: how far campaigns are."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsletter.campaigns import report
from newsletter.campaigns.models import Campaign


class Command(BaseCommand):
    help = "Say how far a campaign is, by its number; without one, how far everything is that is leaving."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("campaign", nargs="?", type=int, help="The campaign's number, as in its address.")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = options["campaign"]
        wanted = (
            Campaign.objects.filter(pk=asked)
            if asked is not None
            else Campaign.objects.filter(status__in=report.LEAVING)
        )
        found = list(wanted.order_by("pk"))
        if asked is not None and not found:
            raise CommandError(f"There is no campaign {asked}.")
        for campaign in found:
            self.stdout.write(report.line(campaign))
        if not found:
            self.stdout.write("No campaign is leaving.")
