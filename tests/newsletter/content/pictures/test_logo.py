"""The logo of an earlier release moves from the clinic's row into the library, and every mail shows it as before."""

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from clinic.models import Clinic
from newsletter.content import letterhead
from newsletter.content.pictures import store
from newsletter.content.pictures.models import Picture
from tests.newsletter.content.pictures import files

LOGO = files.saved(files.drawing(240, 80), "PNG")
BEFORE = [("clinic", "0002_brand"), ("newsletter", "0016_overrides_and_links")]
COLUMNS = "ALTER TABLE clinic_clinic ADD COLUMN logo_bytes bytea, ADD COLUMN logo_type varchar(20) DEFAULT ''"

migration = import_module("newsletter.migrations.0017_logo_in_the_library")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def models() -> Any:
    """The tables as the code knew them then."""
    return MigrationLoader(None).project_state(BEFORE).apps


@pytest.fixture
def old(models: Any) -> Any:
    """Those of the clinic's columns that are gone by now are there again until the test is over."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
    Clinic.objects.create(id=1, name="Harbour Acupuncture")
    return models


def move(old: Any, content: bytes | None, kind: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_clinic SET logo_bytes = %s, logo_type = %s", [content, kind])
    migration.move(old, None)
    return Clinic.objects.get().logo


@pytest.mark.parametrize(
    ("content", "kind", "ending"),
    [
        (LOGO, "image/png", "png"),
        (files.saved(files.drawing(240, 80), "JPEG"), "image/jpeg", "jpg"),
        (LOGO, "image/jpeg", "png"),
        (LOGO, "", "png"),
    ],
    ids=["png", "jpeg", "a wrong type", "no type"],
)
def test_the_logo_is_a_picture_of_the_library(old: Any, content: bytes, kind: str, ending: str) -> None:
    reference = move(old, content, kind)

    picture = Picture.objects.get()
    digest = hashlib.sha256(content).hexdigest()
    assert reference == picture.reference == f"p/{digest[:24]}.{ending}"
    assert (picture.label, picture.alt, picture.width, picture.height) == ("Logo", "Harbour Acupuncture", 240, 80)
    assert store.read(picture.name) == content
    shown = letterhead.of(Clinic.objects.get()).logo
    assert shown is not None
    assert (shown.width, shown.height) == (120, 40)


@pytest.mark.parametrize("content", [None, b"", b"no picture", LOGO[:20], files.bomb(60_000, 60_000)])
def test_what_cannot_be_read_is_given_up(old: Any, content: bytes | None, folder: Path) -> None:
    assert move(old, content, "image/png") == ""
    assert (Picture.objects.count(), folder.exists()) == (0, False)


def test_one_that_the_library_has_already_is_that_one(old: Any) -> None:
    digest = hashlib.sha256(LOGO).hexdigest()
    known = Picture.objects.create(
        name="0123456789abcdef01234567.png", label="Ours", width=240, height=80, size=9, source_digest=digest
    )

    assert move(old, LOGO, "image/png") == known.reference
    assert Picture.objects.get() == known


def test_without_a_clinic_there_is_nothing_to_move(models: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)

    migration.move(models, None)

    assert Picture.objects.count() == 0
