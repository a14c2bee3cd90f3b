"""Frozen revisions, each made ready once: they never change, so what was made ready stays good."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import InterfaceError, OperationalError

from newsletter.content.models import CompiledEmail
from newsletter.rendering.letter import Letter, prepare


@lru_cache(maxsize=64)
def letter(revision_id: int) -> Letter:
    """The letter of this revision; raises NotMailable."""
    return prepare(CompiledEmail.objects.get(pk=revision_id))


def conditions(revision_id: int) -> tuple[Mapping[str, Any], ...]:
    """Those of the blocks that only some readers see; none for a letter that no copy can be made of."""
    try:
        return letter(revision_id).conditions
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the letter
    except Exception:  # noqa: BLE001 - told, and written down, when a copy is made
        return ()


def uses(revision_id: int | None, name: str) -> bool:
    """Whether this slot stands anywhere in the letter; False for one that no copy can be made of."""
    try:
        return revision_id is not None and name in letter(revision_id).names
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the letter
    except Exception:  # noqa: BLE001 - told, and written down, when a copy is made
        return False
