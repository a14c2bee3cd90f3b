"""manage.py prepare_demo: migrate, seed once, renew the mails, and make the login. Run by the demo's supervisor."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import data


class Command(BaseCommand):
    help = "Brings the demo's data up to date; refuses outside the demo."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="without the fictional people and their past")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is not the demo.")
        try:
            data.migrate()
        except data.Misfit as error:
            raise CommandError(f"The data do not fit the code ({error}): `make demo-reset` starts afresh.") from error
        if not options["empty"]:
            data.fill()
        data.renew()
        data.staff()
