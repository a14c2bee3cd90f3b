"""The claims rules: claims.toml, read, and found in words however they are spelled."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.models import Clinic
from newsletter.content.lint.folding import fold

FILE = Path(__file__).with_name("claims.toml")
BLOCKS, ADVISES = "blocks", "advises"
SEPARATED = 3
"""Words of fewer letters are not looked for letter by letter."""


@dataclass(frozen=True)
class Rule:
    """One rule; `blocks` and `advises` name countries as `clinic.models.Jurisdiction` does."""

    key: str
    name: str
    why: str
    words: tuple[str, ...]
    blocks: frozenset[str]
    advises: frozenset[str]
    sources: tuple[str, ...]
    needs_title: bool

    def is_blocking(self, jurisdiction: str) -> bool:
        return jurisdiction in self.blocks

    def applies_to(self, profile: Clinic) -> bool:
        """Whether the rule is in force for this clinic."""
        is_granted = self.needs_title and fold(self.name).text in fold(profile.practitioner_title).text
        return profile.jurisdiction in self.blocks | self.advises and not is_granted


@dataclass(frozen=True)
class Profile:
    """What is special about one country's rules."""

    regulator: str
    summary: str
    condition_in_subject: str


@dataclass(frozen=True)
class Breach:
    """The words as they were written, and the folded sentence around them."""

    words: str
    sentence: str


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the file."""
    return tuple(_rule(told) for told in _file()["rules"])


@cache
def profile(jurisdiction: str) -> Profile:
    return Profile(**_file()["profiles"][jurisdiction])


def in_force(clinic: Clinic) -> list[Rule]:
    """The rules that this clinic's emails are held to, what blocks first."""
    kept = [rule for rule in rules() if rule.applies_to(clinic)]
    return sorted(kept, key=lambda rule: not rule.is_blocking(clinic.jurisdiction))


def broken(rule: Rule, text: str) -> Iterator[Breach]:
    """Where these words break the rule, once for each sentence."""
    folded = fold(text)
    seen: set[str] = set()
    for match in _pattern(rule.words).finditer(folded.text):
        sentence = folded.sentence(*match.span())
        if sentence not in seen:
            seen.add(sentence)
            yield Breach(folded.original(*match.span()).strip(), sentence)


def named(of: str, text: str) -> str:
    """The first of the words of this list that the text says, as it is written; nothing if it says none."""
    folded = fold(text)
    match = _pattern(words_of(of)).search(folded.text)
    return folded.original(*match.span()).strip() if match else ""


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
        sources=tuple(told["sources"]),
        needs_title=told.get("unless") == "title",
    )


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    found = "|".join(form for phrase in words for form in _forms(phrase))
    return re.compile(rf"(?<![a-z0-9])(?:{found})(?![a-z0-9])")


def _forms(phrase: str) -> Iterator[str]:
    """How a phrase is looked for: as it is, and spelled out letter by letter."""
    folded = fold(phrase).text
    yield "[ -]*".join(re.escape(word).replace(r"\*", "[a-z]*") for word in re.split("[ -]+", folded))
    if folded.isalpha() and len(folded) > SEPARATED:
        yield "[ .*-]{1,2}".join(folded)
