"""Whose mailboxes a campaign went to. Pure.

What belongs to one provider is one line. A domain with fewer people than `FEW` has no line of its own: its name could
be somebody's, and what one person did is nobody's statistic.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    groups: dict[str, list[Mailboxes]] = {}
    for one in found:
        groups.setdefault(provider(one.name), []).append(one)
    sums = [_sum(name, several) for name, several in groups.items()]
    lines = sorted((one for one in sums if not _is_few(one)), key=lambda one: (-one.people, one.name))
    few = [one for one in sums if _is_few(one)]
    if 0 < sum(one.people for one in few) < FEW and lines:
        few.append(lines.pop())
    return [*lines, _sum(OTHERS, few)] if few else lines


def _is_few(one: Mailboxes) -> bool:
    return one.people < FEW or one.name == OTHERS


def _sum(name: str, several: Sequence[Mailboxes]) -> Mailboxes:
    return Mailboxes(
        name,
        people=sum(one.people for one in several),
        mailed=sum(one.mailed for one in several),
        delivered=sum(one.delivered for one in several),
        clicked=sum(one.clicked for one in several),
        not_reached=sum(one.not_reached for one in several),
    )
