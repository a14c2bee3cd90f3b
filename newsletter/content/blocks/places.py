"""How a block is called when something is wrong with it."""

from typing import Any

from django.utils.translation import gettext as _

from newsletter.content.blocks.schema import KINDS, kind_of
from newsletter.content.problems import Problem, Reason


def place(number: int, block: Any) -> str:
    """Block 3 (button)."""
    kind = KINDS.get(kind_of(block))
    return _("Block %(number)s (%(name)s)") % {"number": number, "name": kind.name if kind else "?"}


def problem(number: int, block: Any, reason: Reason, field: str = "") -> Problem:
    """What is wrong with a field of the block of this number, or with all of it."""
    key = block.get("id", "") if isinstance(block, dict) else ""
    return Problem(place(number, block), reason.why, reason.code, key if isinstance(key, str) else "", field)
