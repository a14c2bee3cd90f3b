"""`manage.py create_owner EMAIL NAME`: the first member of staff, who invites the others from the studio."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from accounts import services
from accounts.models import User


class Command(BaseCommand):
    help = "Creates an owner, who can sign in to the studio. The password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        email, name = options["email"], options["name"]
        password = _password()
        try:
            validate_email(email)
            validate_password(password, User(email=email, name=name))
            services.create_owner(email, name=name, password=password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except services.AlreadyStaff as error:
            raise CommandError(f"{email} signs in here already.") from error
        self.stdout.write(f"{email} can sign in to the studio now.")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password (12 characters or more): ")
    return sys.stdin.readline().rstrip("\n")
