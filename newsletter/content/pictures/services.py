"""Acts on the library: add a picture, say what it shows, take one away that nothing uses."""

import hashlib
import logging
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

logger = logging.getLogger(__name__)

LONGEST_LABEL = 120


class InUse(Exception):
    """Something shows the picture, or would show it if it were brought back; `uses` says what."""

    def __init__(self, found: list[Use]) -> None:
        super().__init__(", ".join(use.what for use in found))
        self.uses = found


@dataclass(frozen=True)
class Added:
    """The picture, and whether it is one that the library did not have; `is_stilled` if it moved and does no longer."""

    picture: Picture
    is_new: bool
    is_stilled: bool = False


def add(content: bytes, *, filename: str, by: User, now: datetime) -> Added:
    """Take an upload into the library; the same one again finds the first. Raises Unfit and store.StoreFailed."""
    digest = hashlib.sha256(content).hexdigest()
    known = Picture.objects.filter(source_digest=digest).order_by("-pk").first()
    if known is not None and store.read(known.name) is not None:
        return Added(known, is_new=False)
    encoded = encode(content)
    return _kept(encoded, _described(encoded, digest, filename, by, now), by)


@transaction.atomic
def _kept(encoded: Encoded, described: dict[str, object], by: User) -> Added:
    """The row is ours before the file is written, so that nobody takes the same file away at that moment."""
    held = Picture.objects.select_for_update(of=["self"])
    picture, is_new = held.get_or_create(name=encoded.name, defaults=described)
    store.put(encoded.name, encoded.content)
    if is_new:
        audit.record("picture.added", subject=f"picture:{picture.pk}", by=by, name=picture.name)
    return Added(picture, is_new, is_stilled=encoded.is_stilled)


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

    Whoever begins to show it waits for this, or this for them: see `holding`. A file that cannot be taken away at
    that moment stays, and nothing leads to it.
    """
    locked = Picture.objects.select_for_update(of=["self"]).filter(pk=picture.pk).first()
    if locked is None:
        return
    found = uses.of(locked)
    if found:
        raise InUse(found)
    audit.record("picture.deleted", subject=f"picture:{locked.pk}", by=by, name=locked.name, label=locked.label)
    locked.delete()
    try:
        store.drop(locked.name)
    except store.StoreFailed:
        logger.exception("The file of a deleted picture stays: %s", locked.name)


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
