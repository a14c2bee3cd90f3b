import json
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from accounts.models import User
from config.demo import data
from newsletter.content import course
from newsletter.models import Variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_directory(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def remembered(tmp_path: Path) -> dict[str, dict[str, str]]:
    return json.loads((tmp_path / "migrations.json").read_text())


def test_the_shape_of_every_migration_is_remembered(tmp_path: Path) -> None:
    data.migrate()

    (shapes,) = remembered(tmp_path).values()
    assert "newsletter.0001_initial" in shapes
    data.migrate()


def test_a_migration_that_was_rewritten_is_noticed(tmp_path: Path) -> None:
    data.migrate()
    record = remembered(tmp_path)
    next(iter(record.values()))["clinic.0001_initial"] = "another shape"
    (tmp_path / "migrations.json").write_text(json.dumps(record))

    with pytest.raises(data.Misfit, match=r"clinic\.0001_initial is not what the data were made with"):
        data.migrate()


def test_a_migration_that_is_gone_is_noticed() -> None:
    MigrationRecorder(connection).record_applied("clinic", "0999_gone")

    with pytest.raises(data.Misfit, match=r"clinic\.0999_gone"):
        data.migrate()


def test_a_migration_that_came_in_between_is_noticed() -> None:
    MigrationRecorder(connection).record_unapplied("accounts", "0001_initial")

    with pytest.raises(data.Misfit, match="before its dependency"):
        data.migrate()


def test_the_login_is_made_once_and_stays(tmp_path: Path) -> None:
    first, again = data.staff(), data.staff()

    assert first == again == json.loads((tmp_path / "staff.json").read_text())
    assert (tmp_path / "staff.json").stat().st_mode & 0o777 == 0o600
    assert User.objects.get().check_password(first["password"])


def test_an_owner_who_is_there_already_is_the_one_to_sign_in_as(tmp_path: Path) -> None:
    owner = User.objects.create_user("mara@clinic.example", name="Mara", role="owner")

    login = data.staff()

    owner.refresh_from_db()
    assert (login["email"], owner.check_password(login["password"])) == ("mara@clinic.example", True)


def test_the_mails_name_the_address_that_the_demo_has_today(settings: Settings) -> None:
    for port in (8001, 8002):
        settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
        data.renew()

    frozen = Variant.objects.get(email__key=course.key(2)).current
    assert frozen is not None
    assert ("127.0.0.1:8001" in frozen.html, "127.0.0.1:8002" in frozen.html) == (False, True)
