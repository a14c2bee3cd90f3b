"""What import-linter cannot say: who may know which library, and where an import may stand."""

import ast
import re
import tomllib

from tests.architecture import tree

DRAWERS = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc", "shared"}
WAITING_IN_THE_BROKER = re.compile(r"\b(eta|countdown)\s*=|\.apply_async\((?!connection=)")


def importers_of(library: str) -> set[str]:
    return {tree.name(path) for path in tree.modules() if library in tree.imported(path)}


def test_only_the_timetable_and_the_doorbells_know_celery() -> None:
    allowed = {f"{app}/tasks.py" for app in tree.APPS} | {"config/celery.py"}

    assert (importers_of("celery") | importers_of("kombu")) - allowed == set()


def test_one_file_knows_premailer() -> None:
    assert importers_of("premailer") == {"newsletter/content/inlining.py"}


def test_nothing_waits_in_the_broker() -> None:
    found = {
        f"{tree.name(path)}:{number}"
        for path in tree.modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if WAITING_IN_THE_BROKER.search(line)
    }

    assert found == set()


def test_imports_stand_at_the_top() -> None:
    found = {
        f"{tree.name(path)}:{inner.lineno}"
        for path in tree.modules()
        if path.name != "apps.py"
        for function in tree.functions(path)
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }

    assert found == set()


def test_every_app_stands_in_the_import_law() -> None:
    law = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parent.name for path in tree.ROOT.glob("*/__init__.py")} - {"tests"}

    assert packages == set(tree.APPS)
    assert packages == set(law["root_packages"])


def test_there_are_no_drawers() -> None:
    named_by_django = {"config/database/base.py"}

    found = {tree.name(path) for path in tree.files(".py") if DRAWERS & {path.stem, path.parent.name}}

    assert found == named_by_django
