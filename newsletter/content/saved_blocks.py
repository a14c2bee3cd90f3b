"""Blocks that staff named, to be used again. An email gets a copy, so changing or deleting one changes no email."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from newsletter.content import blocks
from newsletter.content.drafts import NotStorable, storable
from newsletter.content.models import SavedBlock
from newsletter.content.pictures import holding
from newsletter.content.problems import Problem
from newsletter.content.services import Wording

LONGEST_NAME = 80


def every() -> QuerySet[SavedBlock]:
    return SavedBlock.objects.order_by(Lower("name"), "pk")


def save(name: str, block: Any, *, by: User, now: datetime) -> SavedBlock:
    """Keep a block under a name that no other has; raises NotStorable."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        why = _("Give it a name of at most %(most)s characters.") % {"most": LONGEST_NAME}
        raise NotStorable([Problem(_("Name"), why, "name", field="name")])
    (kept,) = storable(Wording("", "", {"version": blocks.VERSION, "blocks": [block]}))["blocks"]
    try:
        with transaction.atomic():
            holding.hold(kept)
            saved = SavedBlock.objects.create(name=name, block=kept, saved_at=now, saved_by=by)
            audit.record("block.saved", subject=f"saved_block:{saved.pk}", by=by, name=name)
    except IntegrityError:
        why = _("There is a saved block with this name already.")
        raise NotStorable([Problem(_("Name"), why, "name_taken", field="name")]) from None
    return saved


@transaction.atomic
def delete(saved: SavedBlock, *, by: User) -> None:
    audit.record("block.deleted", subject=f"saved_block:{saved.pk}", by=by, name=saved.name)
    saved.delete()
