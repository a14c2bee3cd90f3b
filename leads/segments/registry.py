"""The conditions that segments and blocks of mails are made of; upper apps add theirs when Django starts.

A condition is one SQL expression about a lead, true or false and never null. In it `lead` is the alias of the lead's
row, `{lead}` its id and `{now}` the moment asked about; what staff chose is a parameter, never a part of the text.
`EXISTS` on an indexed column serves both the question about a thousand people and that about everybody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise

MOST_DAYS = 3650

Words = str | Promise


class Fragment(NamedTuple):
    """A part of a query, and its parameters in their order."""

    sql: str
    params: list[Any]


class Unanswerable(LookupError):
    """Nobody can say whom a condition fits: it is not registered any more, or its value is not one of its kind."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The condition “{name}” cannot be evaluated.")
        self.name = name


def days_of(value: str) -> int | None:
    """The number of days that a condition's value says; None where it says none that can be asked about."""
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(MOST_DAYS))
    return int(value) if is_number and 1 <= int(value) <= MOST_DAYS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What can be asked about a lead.

    `label` and `denial` stand in menus before the value; `phrase` and `opposite` stand after "people", with
    `%(value)s` where the value is shown. `values` are what can be chosen, stored and as shown; with `in_days` the
    value is a number of days; with neither there is none.
    """

    name: str
    label: Words
    denial: Words
    phrase: Words
    opposite: Words
    sql: Callable[[str], tuple[str, Sequence[object]]]
    values: Callable[[], list[tuple[str, str]]] | None = None
    in_days: bool = False

    @property
    def kind(self) -> str:
        if self.values is not None:
            return "choice"
        return "days" if self.in_days else "none"

    def fragment(self, value: str, *, is_negated: bool, now: datetime) -> Fragment:
        """Whether it holds for the row `lead` at this moment; raises Unanswerable."""
        if self.in_days and days_of(value) is None:
            raise Unanswerable(self.name)
        try:
            sql, params = self.sql(value)
        except ValueError:
            raise Unanswerable(self.name) from None
        sql = sql.replace("{lead}", "lead.id").replace("{now}", f"timestamptz '{now.isoformat()}'")
        return Fragment(f"NOT ({sql})" if is_negated else f"({sql})", list(params))


_conditions: dict[str, Condition] = {}


def register(*conditions: Condition) -> None:
    """Make these known, in this order of the menus; one of the same name takes the other's place."""
    _conditions.update({condition.name: condition for condition in conditions})


def forget(name: str) -> None:
    """Take a condition out again."""
    _conditions.pop(name, None)


def find(name: str) -> Condition:
    """The condition of this name; raises Unanswerable."""
    try:
        return _conditions[name]
    except KeyError:
        raise Unanswerable(name) from None


def every() -> list[Condition]:
    return list(_conditions.values())
