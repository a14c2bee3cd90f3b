"""Text that is written once and filled in many times: cut at marks, joined with what stands there."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Quote = Callable[[str], str]
_quoted = json.encoder.encode_basestring_ascii


def quoted(value: str) -> str:
    """The value as it stands inside a string of JSON."""
    if value.isalnum() and value.isascii():
        return value
    return _quoted(value)[1:-1]


@dataclass(frozen=True, slots=True)
class Stamp:
    """`pieces` has a gap wherever a value stands; `gaps` says which value stands where."""

    pieces: list[str]
    gaps: list[tuple[int, int]]

    def fill(self, values: Sequence[str]) -> str:
        """The text with these values, which are written as they are."""
        pieces = self.pieces.copy()
        for place, number in self.gaps:
            pieces[place] = values[number]
        return "".join(pieces)


def cut(text: str, marks: Sequence[str]) -> Stamp:
    """Cut the text wherever one of the marks stands; a mark's place in the sequence is its value's."""
    numbers = {mark: number for number, mark in enumerate(marks)}
    pieces = re.split("(" + "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)) + ")", text)
    gaps = [(place, numbers[piece]) for place, piece in enumerate(pieces) if place % 2]
    return Stamp(pieces, gaps)
