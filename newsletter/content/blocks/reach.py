"""Who sees a block: everybody, or those for whom its condition holds.

What only some see says nothing to the others: it gives them no warning, no source and no way out.
"""

from typing import Any

from newsletter.content.blocks.schema import Block, Document

Condition = tuple[str, str, bool]


def condition(block: Block) -> Condition | None:
    """Under which condition the block is seen, however it is written down; None when everybody sees it."""
    only: dict[str, Any] | None = block.get("only")
    return None if only is None else (only["name"], only.get("value", ""), only.get("not", False))


def reaches(block: Block, other: Block) -> bool:
    """Whether everybody who sees the other one sees this one too."""
    return condition(block) in {None, condition(other)}


def for_everybody(document: Document) -> list[Block]:
    """The blocks that no condition keeps from anybody."""
    return [block for block in document["blocks"] if condition(block) is None]


def beside(document: Document, key: str) -> list[Block]:
    """What everybody sees who sees the block of this id; of no block's, what everybody sees."""
    found: Block = next((block for block in document["blocks"] if block.get("id") == key), {})
    return [block for block in document["blocks"] if reaches(block, found)]
