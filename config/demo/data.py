"""Bring the demo's data up to date: migrate, fill them once, and see to it that somebody can sign in.

Before a release a migration may be rewritten under its old name. The data cannot tell, so the shape of
each migration that was run is remembered, and what does not fit any more is said before anything breaks.
"""

import ast
import hashlib
import json
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from accounts.models import Role, User
from clinic.clock import database_now
from newsletter.sequences import presets

STAFF_EMAIL = "owner@meridian.example"
SEED = "seed_demo"


class Misfit(Exception):
    """The data were made by other migrations than the code has."""


def migrate() -> None:
    """Run what has not been run, unless the data belong to other code."""
    remembered, shapes = _remembered(), _shapes()
    executor = MigrationExecutor(connection)
    _check_fit(executor.loader, remembered, shapes)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    _record_path().write_text(json.dumps({**_record(), _database(): shapes}))


def fill() -> None:
    """Seed the data once: where nobody works yet."""
    if SEED in get_commands() and not User.objects.exists():
        call_command(SEED)


def renew() -> None:
    """Freeze what ships anew: the mails name the demo's address, and its port may be another one today."""
    presets.install(database_now())


def staff() -> dict[str, str]:
    """Return the login that the demo announces; make it the first time."""
    path = settings.VAR_DIR / "staff.json"
    owner = User.objects.filter(role=Role.OWNER, is_active=True).order_by("pk").first()
    if owner and path.exists():
        return dict(json.loads(path.read_text()))
    owner = owner or User.objects.create_user(STAFF_EMAIL, name="Owner", role=Role.OWNER)
    login = {"email": owner.email, "password": secrets.token_urlsafe(12)}
    owner.set_password(login["password"])
    owner.save(update_fields=["password"])
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump(login, file)
    return login


def _check_fit(loader: MigrationLoader, remembered: dict[str, str], shapes: dict[str, str]) -> None:
    applied = {f"{app}.{name}" for app, name in loader.applied_migrations if app in _our_apps(shapes)}
    changed = {name for name, shape in remembered.items() if name in applied and shapes.get(name) != shape}
    strangers = (applied - shapes.keys()) | changed
    if strangers:
        raise Misfit(f"{min(strangers)} is not what the data were made with")
    try:
        loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        raise Misfit(str(error)) from error


def _our_apps(shapes: dict[str, str]) -> set[str]:
    return {name.split(".")[0] for name in shapes}


def _shapes() -> dict[str, str]:
    """Return every migration of ours by name, with a digest of its code; layout and comments do not count."""
    return {
        f"{path.parent.parent.name}.{path.stem}": hashlib.sha256(
            ast.dump(ast.parse(path.read_text())).encode()
        ).hexdigest()
        for path in settings.BASE_DIR.glob("*/migrations/[0-9]*.py")
    }


def _remembered() -> dict[str, str]:
    return _record().get(_database(), {})


def _record() -> dict[str, dict[str, str]]:
    path = _record_path()
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _record_path() -> Path:
    return settings.VAR_DIR / "migrations.json"


def _database() -> str:
    """Return what tells this database from every other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier, current_database() FROM pg_control_system()")
        identifier, name = cursor.fetchone()
    return f"{identifier}/{name}"
