"""Acts on the library: add a picture, say what it shows, take one away that nothing uses."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from newsletter.content.pictures import store, uses
from newsletter.content.pictures.encode import Encoded, encode
from newsletter.content.pictures.models import Picture
from newsletter.content.pictures.uses import Use

LONGEST_LABEL = 120


class InUse(Exception):
    """Something shows the picture, or would show it if it were brought back; `uses` says what."""

    def __init__(self, found: list[Use]) -> None:
        super().__init__(", ".join(use.what for use in found))
        self.uses = found


@dataclass(frozen=True)
class Added:
    """The picture, and whether it is one that the library did not have."""

    picture: Picture
    is_new: bool


def add(content: bytes, *, filename: str, by: User, now: datetime) -> Added:
    """Take an upload into the library; the same one again finds the first. Raises Unfit and store.StoreFailed."""
    digest = hashlib.sha256(content).hexdigest()
    known = Picture.objects.filter(source_digest=digest).first()
    if known is not None and store.read(known.name) is not None:
        return Added(known, is_new=False)
    encoded = encode(content)
    store.put(encoded.name, encoded.content)
    with transaction.atomic():
        picture, is_new = Picture.objects.get_or_create(
            name=encoded.name, defaults=_described(encoded, digest, filename, by, now)
        )
        if is_new:
            audit.record("picture.added", subject=f"picture:{picture.pk}", by=by, name=picture.name)
    return Added(picture, is_new)


@transaction.atomic
def describe(picture: Picture, *, label: str, alt: str, is_decorative: bool, by: User) -> Picture:
    """Say what the picture is called and what it shows; mails that use it keep their own words."""
    picture.label, picture.alt, picture.is_decorative = label, "" if is_decorative else alt, is_decorative
    picture.save(update_fields=["label", "alt", "is_decorative"])
    audit.record("picture.described", subject=f"picture:{picture.pk}", by=by)
    return picture


@transaction.atomic
def delete(picture: Picture, *, by: User) -> None:
    """Take the picture and its file away; raises InUse, and changes nothing, when something shows it.

    A file that cannot be taken away at that moment stays, and nothing leads to it.
    """
    locked = Picture.objects.select_for_update().get(pk=picture.pk)
    found = uses.of(locked)
    if found:
        raise InUse(found)
    audit.record("picture.deleted", subject=f"picture:{locked.pk}", by=by, name=locked.name, label=locked.label)
    locked.delete()
    transaction.on_commit(lambda: store.drop(picture.name), robust=True)


def label_of(filename: str) -> str:
    """What a file is called, without its ending and whatever does not belong into a label."""
    name = re.split(r"[\\/]", filename)[-1].rpartition(".")[0] or filename
    words = "".join(letter if unicodedata.category(letter)[0] not in "CZ" else " " for letter in name)
    return " ".join(words.replace("_", " ").split())[:LONGEST_LABEL].strip(" .") or _("Picture")


def _described(encoded: Encoded, digest: str, filename: str, by: User, now: datetime) -> dict[str, object]:
    return {
        "label": label_of(filename),
        "width": encoded.width,
        "height": encoded.height,
        "size": len(encoded.content),
        "source_digest": digest,
        "uploaded_at": now,
        "uploaded_by": by,
    }
