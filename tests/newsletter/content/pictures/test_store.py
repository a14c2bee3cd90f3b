"""The files of pictures in a folder: whole or not there at all, and nothing but pictures."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from newsletter.content.pictures import store

NAME = "0123456789abcdef01234567.png"


def test_a_file_is_read_as_it_was_put(folder: Path) -> None:
    store.put(NAME, b"a picture")

    assert (store.read(NAME), store.media_type(NAME)) == (b"a picture", "image/png")
    assert (folder / NAME).stat().st_mode & 0o777 == 0o644


def test_putting_it_again_changes_nothing(folder: Path) -> None:
    store.put(NAME, b"a picture")
    before = (folder / NAME).stat().st_ino

    store.put(NAME, b"a picture")

    assert ([file.name for file in folder.iterdir()], (folder / NAME).stat().st_ino) == ([NAME], before)


class Interrupted(ContentFile):
    """Ends in the middle, as when the disk is full."""

    def chunks(self, chunk_size: int | None = None):
        yield b"half a "
        raise OSError("No space left on device")


def test_a_file_that_could_not_be_written_whole_is_not_there(folder: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        storages[store.ALIAS].save(NAME, Interrupted(b""))

    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["../secrets/secret_key", "0123456789abcdef01234567.svg", ".draft-abc", "", "0123456789ABCDEF01234567.png", "\0"],
)
def test_what_is_no_picture_of_ours_cannot_be_read(name: str, folder: Path) -> None:
    folder.mkdir()
    (folder / ".draft-abc").write_bytes(b"half")
    (folder / "0123456789abcdef01234567.svg").write_bytes(b"<svg/>")

    assert store.read(name) is None


def test_what_is_gone_is_gone(folder: Path) -> None:
    store.put(NAME, b"a picture")

    store.drop(NAME)
    store.drop(NAME)

    assert store.read(NAME) is None


def test_a_folder_that_can_be_written_is_no_trouble(folder: Path) -> None:
    assert (store.trouble(), list(folder.iterdir())) == ("", [])
