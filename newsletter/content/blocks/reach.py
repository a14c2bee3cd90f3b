"""Who sees a block: everybody, or those for whom its condition holds.

What only some see says nothing to the others: it gives them no warning, no source and no way out.
"""

from newsletter.content.blocks.schema import Block

Condition = tuple[str, str, bool]
"""Its name, its value, and whether it is the other way round."""


def condition(block: Block) -> Condition | None:
    """Under which condition the block is seen, however it is written down; None when everybody sees it."""
    only = block.get("only")
    return None if only is None else (only["name"], only.get("value", ""), only.get("not", False))


def reaches(block: Block, other: Block) -> bool:
    """Whether everybody who sees the other one sees this one too."""
    return condition(block) in {None, condition(other)}
