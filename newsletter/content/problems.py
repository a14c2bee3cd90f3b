"""What keeps a document from being compiled: where it is, what to do, and a name that programs know it by."""

from typing import NamedTuple


class Problem(NamedTuple):
    """`block` is the block's id and `field` its field; a subject or preheader has a field and no block."""

    where: str
    why: str
    code: str = ""
    block: str = ""
    field: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


class Reason(NamedTuple):
    """What is wrong with some words, wherever they stand."""

    code: str
    why: str
