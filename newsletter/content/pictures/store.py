"""The files of pictures, by name: a folder of this machine, or a bucket where one is configured.

Names are made of what the files hold, so a file is written once and never changed. Other code writes none here:
whatever has a name of this form is a picture that we drew.
"""

import os
import re
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages

ALIAS = "pictures"
NAME = re.compile(r"[0-9a-f]{24}\.(?:jpg|png|gif)")
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


class StoreFailed(Exception):
    """The folder or the bucket did not take the file, or does not give it now."""


class Folder(FileSystemStorage):
    """A folder in which a file is there whole or not at all, however suddenly the machine stops."""

    def _save(self, name: str, content: File) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(content.chunks())
                file.flush()
                os.fsync(file.fileno())
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return name


def media_type(name: str) -> str:
    return MEDIA_TYPES[name.rpartition(".")[2]]


def put(name: str, content: bytes) -> None:
    """Keep the file; raises StoreFailed."""
    try:
        if not _files().exists(name):
            _files().save(name, ContentFile(content))
    except OSError as error:
        raise StoreFailed(str(error)) from error


def read(name: str) -> bytes | None:
    """What the file holds; None for a name that is none of ours, and for a file that is not there.

    Raises StoreFailed while nobody can tell.
    """
    if not NAME.fullmatch(name):
        return None
    try:
        with _files().open(name) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreFailed(str(error)) from error


def drop(name: str) -> None:
    """Take the file away; one that is gone already is fine. Raises StoreFailed."""
    try:
        _files().delete(name)
    except OSError as error:
        raise StoreFailed(str(error)) from error


def trouble() -> str:
    """Why no picture could be kept now; nothing when it could, or when a bucket would have to be asked."""
    files = _files()
    if not isinstance(files, FileSystemStorage):
        return ""
    try:
        Path(files.location).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=files.location):
            return ""
    except OSError as error:
        return str(error)


def _files() -> Storage:
    return storages[ALIAS]
