"""Frozen revisions, each made ready once: they never change, so what was made ready stays good."""

from functools import lru_cache

from django.db import InterfaceError, OperationalError

from newsletter.content.models import CompiledEmail
from newsletter.rendering.letter import Letter, prepare


@lru_cache(maxsize=64)
def letter(revision_id: int) -> Letter:
    """The letter of this revision; raises NotMailable."""
    return prepare(CompiledEmail.objects.get(pk=revision_id))


def uses(revision_id: int | None, name: str) -> bool:
    """Whether this slot stands anywhere in the letter; False for one that no copy can be made of."""
    try:
        return revision_id is not None and name in letter(revision_id).names
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the letter
    except Exception:  # noqa: BLE001 - told, and written down, when a copy is made
        return False
