"""Scripts that import each other by name still do so when every name carries a hash."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

IMPORT = re.compile(r'(?:import|from)\s*"(\.{1,2}/[^"]+)"')


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    storages = {"staticfiles": {"BACKEND": "config.static.HashedStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_every_module_of_the_composer_imports_hashed_names_that_are_there(collected: Path) -> None:
    modules = [path for path in (collected / "studio/composer").glob("*.js") if path.name.count(".") > 1]
    imported = [(path.parent / name).resolve() for path in modules for name in IMPORT.findall(path.read_text())]

    assert len(imported) > len(modules)
    assert [path.name for path in imported if not path.exists()] == []
    assert [path.name for path in imported if path.name.count(".") == 1] == []
