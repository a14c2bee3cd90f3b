"""The project's own files, as the tests in this folder look at them."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "api", "booking", "clinic", "config", "leads", "newsletter", "studio", "website")
NOT_OURS = {"var", "vendor", "node_modules", "__pycache__", "migrations", "htmlcov"}
OURS_ALL_THE_SAME = {".ci"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*suffixes: str) -> Iterator[Path]:
    """Every file that the project ships and whose name ends so; all of them if nothing is asked for."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if _is_ours(name))
        for name in sorted(names):
            if not suffixes or name.endswith(suffixes):
                yield Path(folder) / name


def _is_ours(folder: str) -> bool:
    """Folders that begin with a dot are a tool's own: history, environments, caches."""
    return folder in OURS_ALL_THE_SAME or not (folder in NOT_OURS or folder.startswith("."))


def modules() -> Iterator[Path]:
    return (path for path in files(".py") if path.relative_to(ROOT).parts[0] in APPS)


def modules_of_tests() -> Iterator[Path]:
    return (path for path in files(".py") if path.relative_to(ROOT).parts[0] == "tests")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(parsed(path)) if isinstance(node, Function))


def imported(path: Path) -> set[str]:
    """The top-level names of what a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
