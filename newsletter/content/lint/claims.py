"""The claims rules: claims.toml, read, and found in words however they are spelled."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.models import Clinic
from newsletter.content.lint.folding import Folded, fold

FILE = Path(__file__).with_name("claims.toml")
BLOCKS, ADVISES = "blocks", "advises"
EVERYWHERE = "all"
SEPARATED = 3
"""Words of fewer letters are not looked for letter by letter."""
BETWEEN = "[ .,*+/|~'-]"
"""What stands between the letters of a word that is spelled out."""


@dataclass(frozen=True)
class Rule:
    """One rule; `blocks` and `advises` name countries as `clinic.models.Jurisdiction` does.

    Its `words` are right where they stand in one of the phrases of `right_in` or, where `denied_is_right`, directly
    behind a denial. `sources` are those who say so, by country, and those who say so everywhere as of "all".
    """

    key: str
    name: str
    why: str
    words: tuple[str, ...]
    blocks: frozenset[str]
    advises: frozenset[str]
    sources: dict[str, tuple[str, ...]]
    needs_title: bool
    right_in: tuple[str, ...]
    denied_is_right: bool

    def is_blocking(self, jurisdiction: str) -> bool:
        return jurisdiction in self.blocks

    def said_by(self, jurisdiction: str) -> tuple[str, ...]:
        """Who says so in this country."""
        return self.sources[EVERYWHERE] + self.sources.get(jurisdiction, ())

    def applies_to(self, profile: Clinic) -> bool:
        """Whether the rule is in force for this clinic."""
        is_granted = self.needs_title and _pattern((self.name,)).search(fold(profile.practitioner_title).text)
        return profile.jurisdiction in self.blocks | self.advises and not is_granted


@dataclass(frozen=True)
class Profile:
    """What is special about one country's rules."""

    regulator: str
    summary: str
    condition_in_subject: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Breach:
    """The words as they were written, the sentence around them, and that sentence folded: it is known again by that."""

    words: str
    quote: str
    sentence: str


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the file."""
    return tuple(_rule(told) for told in _file()["rules"])


@cache
def profile(jurisdiction: str) -> Profile:
    told = _file()["profiles"][jurisdiction]
    return Profile(**{**told, "sources": tuple(told["sources"])})


def in_force(clinic: Clinic) -> list[Rule]:
    """The rules that this clinic's emails are held to, what blocks first."""
    kept = [rule for rule in rules() if rule.applies_to(clinic)]
    return sorted(kept, key=lambda rule: not rule.is_blocking(clinic.jurisdiction))


def names_of(clinic: Clinic) -> tuple[str, ...]:
    """Names that may say what they like, for they claim nothing: of more than one word, lest one word allows itself."""
    names = (clinic.name, clinic.practitioner, clinic.signature_name)
    return tuple(name for name in names if len(fold(name).text.split()) > 1)


def broken(rule: Rule, text: str, names: tuple[str, ...] = ()) -> Iterator[Breach]:
    """Where these words break the rule, once for each sentence; the clinic's own `names` break none."""
    folded = fold(text)
    seen: set[str] = set()
    for match in _pattern(rule.words).finditer(folded.text):
        if _is_right(rule, folded.text, match, names):
            continue
        breach = _breach(folded, match)
        if breach.sentence not in seen:
            seen.add(breach.sentence)
            yield breach


def _is_right(rule: Rule, text: str, match: re.Match[str], names: tuple[str, ...]) -> bool:
    """Whether these words claim nothing here: in a name, in a phrase that is known to be right, or denied."""
    if rule.denied_is_right and _denial().search(text, 0, match.start()) and not _undone().match(text, match.end()):
        return True
    phrases = (found.span() for found in _pattern(rule.right_in + names).finditer(text))
    return any(first <= match.start() and match.end() <= end for first, end in phrases)


def named(of: str, text: str) -> str:
    """The first of the words of this list that the text says, as it is written; nothing if it says none."""
    found = naming(of, text)
    return found.words if found else ""


def naming(of: str, text: str) -> Breach | None:
    """The same with the sentence around it."""
    folded = fold(text)
    match = _pattern(words_of(of)).search(folded.text)
    return _breach(folded, match) if match else None


def words_of(of: str) -> tuple[str, ...]:
    """The words of this list, as the file has them."""
    return tuple(_file()["lists"][of]["words"])


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _rule(told: dict[str, Any]) -> Rule:
    return Rule(
        key=told["key"],
        name=told["name"],
        why=told["why"],
        words=tuple(told["words"]),
        blocks=frozenset(told.get(BLOCKS, ())),
        advises=frozenset(told.get(ADVISES, ())),
        sources={country: tuple(named) for country, named in told["sources"].items()},
        needs_title=told.get("unless") == "title",
        right_in=tuple(told.get("right_in", ())),
        denied_is_right=told.get("denied_is_right", False),
    )


def _breach(folded: Folded, match: re.Match[str]) -> Breach:
    quote = folded.sentence(*match.span())
    return Breach(folded.original(*match.span()).strip(), quote, fold(quote).text.strip())


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    found = "|".join(form for phrase in words for form in _forms(phrase))
    return re.compile(rf"(?<![a-z0-9])(?:{found})(?![a-z0-9])" if words else r"(?!)")


def _forms(phrase: str) -> Iterator[str]:
    """How a phrase is looked for: as it is, torn apart by hyphens or points, and spelled out letter by letter."""
    folded = fold(phrase).text
    yield "[ -]*".join(re.escape(word).replace(r"\*", "[a-z]*") for word in re.split("[ -]+", folded))
    if folded.isalpha() and len(folded) > SEPARATED:
        yield "[.*-]?".join(folded)
        yield (BETWEEN + "{1,3}").join(folded)


@cache
def _undone() -> re.Pattern[str]:
    """What makes a boast of a denial, further on in its sentence."""
    return re.compile(rf"[^.!?\n]*?{_pattern(tuple(_file()['denials']['undone_by'])).pattern}")


@cache
def _denial() -> re.Pattern[str]:
    """What stands right before words and makes the opposite of them; not behind a "why" or an "if"."""
    told = _file()["denials"]
    before, between = ("|".join(re.escape(fold(words).text) for words in told[of]) for of in ("before", "between"))
    return re.compile(rf"(?<![a-z0-9'])(?<!why )(?<!if )(?:{before})(?:[ ](?:{between}))*[ \"'“„«]*\Z")
