"""The same settings as in production, seen from outside: a process of its own."""

import subprocess
import sys

import pytest
from django.core.management import call_command

from config.env import BASE_DIR

COMPLETE = {
    "SECRET_KEY": "k" * 30 + "-long-enough-and-with-9-different-signs!",
    "LINK_KEYS": "1:" + "ab" * 16,
    "ADDRESS_PEPPER": "f3" * 32,
    "ANYMAIL_WEBHOOK_SECRET": "name:a-password-of-some-length",
    "PUBLIC_URL": "https://clinic.example",
    "DATABASE_URL": "postgres://meridian@database/meridian",
    "REDIS_URL": "redis://redis:6379/0",
    "PROXY_COUNT": "1",
}
NEEDED = [
    "ADDRESS_PEPPER",
    "ANYMAIL_WEBHOOK_SECRET",
    "DATABASE_URL",
    "LINK_KEYS",
    "PUBLIC_URL",
    "REDIS_URL",
    "SECRET_KEY",
]


def manage(*arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_complete_environment_passes_the_deployment_checks(bare_environ: dict[str, str], database_url: str) -> None:
    environ = bare_environ | COMPLETE | {"DATABASE_URL": database_url}

    finished = manage("check", "--deploy", "--fail-level", "WARNING", environ=environ)

    assert finished.stderr == ""
    assert finished.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDED)
def test_what_is_missing_is_named(bare_environ: dict[str, str], name: str) -> None:
    environ = bare_environ | {key: value for key, value in COMPLETE.items() if key != name}

    finished = manage("check", environ=environ)

    assert finished.returncode == 1
    assert f"{name} is not set." in finished.stderr.splitlines()[-1]


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
