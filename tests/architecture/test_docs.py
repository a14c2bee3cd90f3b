"""What is written about the project is complete, and true of its files."""

import re

from config.celery import app
from config.env import VARIABLES
from tests.architecture import tree

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
CODE = re.compile(r"`[^`]*`")
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$", re.MULTILINE)


def documents() -> str:
    return "\n".join(path.read_text() for path in sorted((tree.ROOT / "docs").glob("*.md")))


def test_every_variable_has_its_sentence_where_people_copy_it_from() -> None:
    written = (tree.ROOT / ".env.example").read_text()

    assert [name for name, sentence in VARIABLES.items() if sentence not in written] == []
    assert [name for name in VARIABLES if not re.search(rf"^(# )?{name}=", written, re.MULTILINE)] == []


def test_the_guide_says_where_the_variables_are() -> None:
    assert ".env.example" in (tree.ROOT / "docs" / "operations.md").read_text()


def test_every_entry_of_the_timetable_is_documented() -> None:
    written = documents()

    assert [name for name in app.conf.beat_schedule if not re.search(rf"\b{name}\b", written)] == []


def test_make_explains_every_target() -> None:
    targets = TARGET.findall((tree.ROOT / "Makefile").read_text())

    assert len(targets) > 5
    assert [name for name, rest in targets if "## " not in rest] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = {
        f"{tree.name(path)}: {target}"
        for path in tree.files(".md")
        for target in LINK.findall(CODE.sub("", path.read_text()))
        if not (path.parent / target).exists()
    }

    assert broken == set()
