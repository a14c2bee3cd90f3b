"""`manage.py install_presets`: bring the shipped course and mails; what staff have edited stays theirs."""

from typing import Any

from django.core.management.base import BaseCommand

from clinic.clock import database_now
from newsletter.sequences import presets


class Command(BaseCommand):
    help = "Install the shipped course and the mails that follow from an act. May be repeated at every start."

    def handle(self, *args: Any, **options: Any) -> None:
        sequence = presets.install(database_now())
        self.stdout.write(f"{sequence.name} is installed.")
