"""Whose mailboxes a campaign went to. Pure.

What belongs to one provider is one line. A domain with fewer people than `FEW` has no line of its own: its name could
be somebody's, and what one person did is nobody's statistic.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

FEW = 5
LONGEST_COUNTRY = len("com.au")
OTHERS = ""
"""The name of the line of all that are too few for one."""

PROVIDERS: dict[str, tuple[str, ...]] = {
    "Gmail": ("gmail", "googlemail"),
    "Outlook": ("outlook", "hotmail", "live", "msn"),
    "Yahoo": ("yahoo", "ymail", "rocketmail", "aol"),
    "iCloud": ("icloud", "me.com", "mac.com"),
    "Proton": ("proton.me", "protonmail", "pm.me"),
    "GMX": ("gmx", "web.de", "mail.com"),
}


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """What became of the mails to one provider: how many people, and how many of them..."""

    name: str
    people: int = 0
    mailed: int = 0
    delivered: int = 0
    clicked: int = 0
    not_reached: int = 0


def provider(domain: str) -> str:
    """The provider whose mailboxes have this domain; else the domain itself. `name` alone fits it in every country."""
    first, _dot, country = domain.partition(".")
    for name, known in PROVIDERS.items():
        if domain in known or (first in known and len(country) <= LONGEST_COUNTRY):
            return name
    return domain


def grouped(found: Iterable[Mailboxes]) -> list[Mailboxes]:
    """By provider, the most people first; all that are too few for a line of their own together, last."""
    groups: dict[str, Mailboxes] = {}
    for one in found:
        name = provider(one.name)
        groups[name] = _sum(name, groups.get(name), one)
    few = [one for one in groups.values() if one.people < FEW or one.name == OTHERS]
    lines = sorted((one for one in groups.values() if one not in few), key=lambda one: (-one.people, one.name))
    if 0 < sum(one.people for one in few) < FEW and lines:
        few.append(lines.pop())
    return [*lines, _sum(OTHERS, *few)] if few else lines


def _sum(name: str, *several: Mailboxes | None) -> Mailboxes:
    rows = [astuple(one)[1:] for one in several if one is not None]
    return Mailboxes(name, *(sum(column) for column in zip(*rows, strict=True))) if rows else Mailboxes(name)
