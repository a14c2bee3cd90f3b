"""A folder of the test's own for the pictures."""

from pathlib import Path
from typing import Any

import pytest

from newsletter.content.pictures.store import ALIAS


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "pictures"
    kept = {"BACKEND": "newsletter.content.pictures.store.Folder", "OPTIONS": {"location": path}}
    settings.STORAGES = {**settings.STORAGES, ALIAS: kept}
    return path
