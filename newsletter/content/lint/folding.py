"""Fold words to what the eye takes them for, so that no spelling slips past a rule.

Case, accents, letters of other scripts that look like Latin ones, letters that are drawn as symbols, what is
invisible (soft hyphens, zero-width characters, turns of direction), digits and signs among letters, every kind of dash
and space: all of it becomes plain small letters. Where one paragraph or point of a list ends and the next begins stays
a line break: no reader takes words on both sides for one phrase. Each folded character knows where it stood, so that
a finding can show what was written.
"""

# ruff: noqa: RUF001 - letters that look alike are what this file is about

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LOOK_ALIKE = {
    **dict(zip("авгезікмнорстухѕјһӏԁԛԝѵь", "abresikmhopctyxsjhldqwvb", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx", strict=True)),
    **dict(zip("αβγεηικνορςστυχω", "abyenikvopcotuxw", strict=True)),
    **dict(zip("օսհոյզցռաք", "ouhnjqgnwp", strict=True)),
    **dict.fromkeys("’‘ʼ`´′", "'"),
    **dict(zip("ɩɑɛɔəǝєҽπпᏟᎬᎻᎪᏞᎢᏢᎡᏚ", "iaeoeeeenncehaltprs", strict=True)),
}
LATIN = re.compile(
    r"LATIN (?:(?:SMALL|CAPITAL) LETTER (?:OPEN |REVERSED |DOTLESS |SCRIPT |LONG )?|LETTER SMALL CAPITAL )"
    r"([A-Z])(?: BAR| WITH .+)?"
)
"""How Unicode names a letter of ours in another dress: hooks, strokes, small capitals."""
HIDDEN = frozenset({"Cf", "Mn", "Me", "Cc"})
INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u30fb\u00b7\u2022_")
DIGIT = str.maketrans("0134578@$€©®¢", "oieastbasecrc")
AMONG_LETTERS = re.compile(r"(?<=[a-z])[0134578@$€©®¢]+(?=[a-z]|\b)|(?<![a-z0-9])[0134578@$€©®¢]+(?=[a-z]{2})")
A_BREAK = re.compile(r"\n[^\S\n]*(?:\n|(?=[-*•] )|(?=[0-9]{1,2}[.)] ))")
"""An empty line, or a line that begins like a point of a list."""
MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe00-\ufe0f\ufe20-\ufe2f"
TINTS, TAGS = "\U0001f3fb-\U0001f3ff", "\U000e0020-\U000e007f"
FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
ONE_LETTER = re.compile(rf"(?:{FLAG}|[^{MARKS}])[{MARKS}{TINTS}{TAGS}]*(?:\u200d[^{MARKS}][{MARKS}{TINTS}{TAGS}]*)*")
"""What the eye takes for one: a letter with its accents, a flag, people that are joined into one picture."""
SQUARED = ((0x1F130, 26), (0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26))
"""Letters in boxes and circles that Unicode does not take for letters: where each alphabet begins."""


@dataclass(frozen=True)
class Folded:
    """`places[n]` is where the n-th character of `text` stood in `written`."""

    text: str
    written: str
    places: tuple[int, ...]

    def original(self, start: int, end: int) -> str:
        """What was written where `text[start:end]` is read."""
        return self.written[self.places[start] : self.places[end - 1] + 1]

    def sentence(self, start: int, end: int) -> str:
        """The sentence around `text[start:end]`, as it was written."""
        first, last = self.places[start], self.places[end - 1] + 1
        begin = max(self.written.rfind(mark, 0, first) for mark in ".!?\n") + 1
        ends = [place for mark in ".!?\n" if (place := self.written.find(mark, last)) >= 0]
        return self.written[begin : min(ends, default=len(self.written))].strip()


@lru_cache(maxsize=2048)
def fold(written: str) -> Folded:
    """The words as they are read."""
    letters: list[str] = []
    places: list[int] = []
    breaks = {match.start() for match in A_BREAK.finditer(written)}
    for place, character in enumerate(written):
        for letter in "\n" if place in breaks else _seen(character):
            if letter != " " or (letters and letters[-1] not in " \n"):
                letters.append(letter)
                places.append(place)
    text = AMONG_LETTERS.sub(lambda match: match[0].translate(DIGIT), "".join(letters))
    return Folded(text, written, tuple(places))


def letters_in(written: str) -> int:
    """How many letters people count: an emoji is one, however many signs it is made of."""
    return len(ONE_LETTER.findall(written))


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    """What one character is taken for: nothing, one plain character, or several."""
    if character in LOOK_ALIKE:
        return LOOK_ALIKE[character]
    boxed = _boxed(ord(character))
    if boxed:
        return boxed
    return "".join(_plain(part) for part in unicodedata.normalize("NFKD", character))


def _plain(character: str) -> str:
    if character in DASHES:
        return "-"
    category = unicodedata.category(character)
    if character in INVISIBLE or (category in HIDDEN and not character.isspace()):
        return ""
    if character.isspace() or category.startswith("Z"):
        return " "
    folded = LOOK_ALIKE.get(character, character).casefold()
    return "".join(LOOK_ALIKE.get(letter) or _named(letter) for letter in folded)


def _named(letter: str) -> str:
    """The letter that Unicode's own name of this one says it is."""
    found = None if letter.isascii() else LATIN.fullmatch(unicodedata.name(letter, ""))
    return found[1].lower() if found else letter


def _boxed(code: int) -> str:
    for first, count in SQUARED:
        if first <= code < first + count:
            return chr(ord("a") + code - first)
    return ""
