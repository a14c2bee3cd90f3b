"""What cannot be stored at all. A mail that is only half written has the right shape."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from newsletter.content.blocks import places
from newsletter.content.blocks.schema import (
    KINDS,
    LONGEST_DOCUMENT,
    LONGEST_FIELD,
    MOST_BLOCKS,
    VERSION,
    Block,
    Form,
    kind_of,
)
from newsletter.content.problems import Problem, Reason

LONGEST_ID = 40
LONGEST_VALUE = 200
CONDITION = {"name": str, "value": str, "not": bool}


def shape_problems(document: Any) -> list[Problem]:
    """Why this is no document of ours; nothing when it can be stored, finished or not."""
    whole = of_the_whole(document)
    if whole:
        return whole
    return [
        places.problem(number, block, reason, field)
        for number, block in enumerate(document["blocks"], start=1)
        for field, reason in of_a_block(block)
    ]


def of_the_whole(document: Any) -> list[Problem]:
    """Why its blocks cannot even be looked at."""
    return [Problem("", reason.why, reason.code) for reason in _of_the_whole(document)]


def _of_the_whole(document: Any) -> Iterator[Reason]:
    if not isinstance(document, dict) or document.get("version") != VERSION:
        yield Reason("version", _("This email was written by another version of the editor."))
    elif not isinstance(document.get("blocks"), list) or set(document) != {"version", "blocks"}:
        yield Reason("no_document", _("The email has no readable blocks."))
    elif len(document["blocks"]) > MOST_BLOCKS:
        yield Reason("too_many_blocks", _("An email can have %(most)s blocks at most.") % {"most": MOST_BLOCKS})
    elif not _fits(document):
        why = _("The email is larger than %(most)s characters. What was pasted last is too long for a letter.")
        yield Reason("too_large", why % {"most": LONGEST_DOCUMENT})


def _fits(document: Any) -> bool:
    try:
        return len(json.dumps(document, ensure_ascii=False, allow_nan=False)) <= LONGEST_DOCUMENT
    except (TypeError, ValueError, RecursionError):
        return False


def of_a_block(block: Any) -> Iterator[tuple[str, Reason]]:
    """What is wrong with the shape of one block: the field, or none, and why."""
    kind = KINDS.get(kind_of(block))
    if kind is None:
        yield "", Reason("unknown_block", _("There is no block of this kind."))
        return
    if set(block) - {"id", "type", "only"} - set(kind.fields):
        yield "", Reason("unknown_value", _("It holds something that the editor does not know."))
    if not isinstance(block.get("id", ""), str) or len(block.get("id", "")) > LONGEST_ID:
        yield "", Reason("wrong_value", _("It holds something other than text."))
    if "only" in block and not _is_condition(block["only"]):
        yield "only", Reason("wrong_condition", _("What it says about who sees it cannot be read."))
    for name, field in kind.fields.items():
        yield from ((name, reason) for reason in _of_a_value(block, name, field.form))


def _of_a_value(block: Block, name: str, form: Form) -> Iterator[Reason]:
    empty = False if form is Form.FLAG else ""
    value = block.get(name, empty)
    if type(value) is not type(empty):
        yield Reason("wrong_value", _("It holds something other than text."))
    elif isinstance(value, str) and len(value) > LONGEST_FIELD:
        why = _("It is longer than %(most)s characters. Shorten what was pasted.")
        yield Reason("too_large", why % {"most": LONGEST_FIELD})


def _is_condition(only: Any) -> bool:
    if not isinstance(only, dict) or set(only) - set(CONDITION) or not only.get("name"):
        return False
    return all(type(value) is CONDITION[key] and len(str(value)) <= LONGEST_VALUE for key, value in only.items())
