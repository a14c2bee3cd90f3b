from pathlib import Path

import pytest

from config.demo import afresh
from config.embedded import account, postgres
from config.embedded.unavailable import Unavailable


def test_the_data_go_and_the_secrets_stay(open_directory: Path) -> None:
    for name in ("inbox", "journal", "log", "secrets"):
        (open_directory / name).mkdir()
    for name in ("beat-schedule-wal", "migrations.json", "staff.json", "postgres.password", "secrets/link_keys"):
        (open_directory / name).touch()
    home = postgres.place(open_directory, account.unprivileged())
    (home / "data").mkdir()

    afresh.throw_away(open_directory, environ={})

    left = {str(path.relative_to(open_directory)) for path in open_directory.rglob("*")}
    assert left == {"postgres.password", "secrets", "secrets/link_keys"}


def test_a_database_that_the_environment_names_is_not_ours_to_empty(tmp_path: Path) -> None:
    (tmp_path / "staff.json").touch()

    with pytest.raises(Unavailable, match="DATABASE_URL names a database that is not the demo's own"):
        afresh.throw_away(tmp_path, environ={"DATABASE_URL": "postgres://theirs"})

    assert (tmp_path / "staff.json").exists()
