"""Fill an empty database with the demo's ninety days."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from clinic.clock import database_now
from config.demo.data import STAFF_EMAIL
from config.demo.seed import plot


class Command(BaseCommand):
    help = "Fill an empty database with a fictional clinic and its past. In the demo only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only the demo can be seeded: set DEMO=1 and DEBUG=1.")
        if User.objects.exists():
            raise CommandError("Somebody works here already; an existing clinic is never seeded.")
        # The past was lived at the pace of real days, however short the demo's are.
        settings.SEQUENCE_DAY_SECONDS = None
        with transaction.atomic():
            plot.play(now=database_now(), owner_email=STAFF_EMAIL)
