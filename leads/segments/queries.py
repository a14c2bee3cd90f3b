"""What conditions and segments say, what is wrong with them, and whom they fit."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clinic.clock import database_now
from leads.people.models import Lead
from leads.segments import registry
from leads.segments.models import Match, Segment
from leads.segments.registry import MOST_DAYS, Condition, Fragment, Unanswerable, days_of

Only = Mapping[str, Any]
"""One condition as it is stored: {"name": str, "value": str, "not": bool}; value and not may be missing."""

Known = dict[str, dict[str, str]]
"""What each condition's values are called."""

KEYS = {"name", "value", "not"}


def problems(only: object) -> list[str]:
    """What is wrong with a stored condition, in words for staff; nothing when it can be evaluated."""
    if not isinstance(only, Mapping) or set(only) - KEYS or not isinstance(only.get("name"), str):
        return [_("This is not a condition.")]
    if not isinstance(only.get("not", False), bool) or not isinstance(only.get("value", ""), str):
        return [_("This is not a condition.")]
    try:
        condition = registry.find(only["name"])
    except Unanswerable:
        return [_("There is no condition “%(name)s” any more.") % {"name": only["name"]}]
    return _problems_of_value(condition, only.get("value", ""))


def says(only: Only) -> str:
    """A condition in plain words, as they stand after “people”: tagged “leg pain”."""
    return _says(only, {})


def sentence(onlys: Iterable[Only], match: str) -> str:
    """Several conditions in plain words: tagged “leg pain” and never booked."""
    return _sentence(onlys, match, {})


def sentences(of: Iterable[Segment]) -> dict[int, str]:
    """Each segment in plain words; what can be chosen is looked up once for all of them."""
    known: Known = {}
    return {segment.pk: _sentence(segment.conditions, segment.match, known) for segment in of}


def choices() -> list[dict[str, Any]]:
    """Every condition as menus need it; `kind` says what its value is: a choice, a number of days, or none."""
    return [
        {
            "name": condition.name,
            "label": str(condition.label),
            "denial": str(condition.denial),
            "kind": condition.kind,
            "values": [list(pair) for pair in condition.values()] if condition.values else [],
        }
        for condition in registry.every()
    ]


def fragment(only: Only, now: datetime) -> Fragment:
    """One condition about the row `lead`; raises Unanswerable."""
    condition = registry.find(only["name"])
    return condition.fragment(str(only.get("value", "")), is_negated=bool(only.get("not")), now=now)


def where(onlys: Iterable[Only], match: str, now: datetime) -> Fragment:
    """Several conditions about the row `lead`; raises Unanswerable. Of no conditions: it fits nobody."""
    parts = [fragment(only, now) for only in onlys]
    word = " OR " if match == Match.ANY else " AND "
    sql = word.join(part.sql for part in parts) or "false"
    return Fragment(f"({sql})", [param for part in parts for param in part.params])


def holds(onlys: Sequence[Only], lead_ids: Collection[int], now: datetime | None = None) -> dict[int, frozenset[int]]:
    """For each of these leads which of the conditions hold, by their place; raises Unanswerable."""
    if not onlys or not lead_ids:
        return dict.fromkeys(lead_ids, frozenset())
    parts = [fragment(only, now or database_now()) for only in onlys]
    expressions = ", ".join(part.sql for part in parts)
    params = [param for part in parts for param in part.params]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT lead.id, ARRAY[{expressions}] FROM leads_lead lead WHERE lead.id = ANY(%s)",  # noqa: S608
            [*params, list(lead_ids)],
        )
        found = cursor.fetchall()
    return {lead_id: frozenset(place for place, true in enumerate(row) if true) for lead_id, row in found}


@dataclass(frozen=True, slots=True)
class Found:
    """How many people fit, and the newest of them."""

    count: int
    newest: list[Lead]


def people(onlys: Sequence[Only], match: str, now: datetime, *, most: int = 10) -> Found:
    """Whom these conditions fit, whether they may be mailed or not; raises Unanswerable."""
    fits = where(onlys, match, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH fits AS MATERIALIZED (SELECT lead.id FROM leads_lead lead WHERE lead.erased_at IS NULL AND {fits.sql})
            SELECT (SELECT count(*) FROM fits), ARRAY(SELECT id FROM fits ORDER BY id DESC LIMIT %s)
            """,  # noqa: S608
            [*fits.params, most],
        )
        count, ids = cursor.fetchone()
    leads = Lead.objects.in_bulk(ids)
    return Found(count, [leads[pk] for pk in ids if pk in leads])


def counts(of: Iterable[Segment], now: datetime) -> dict[int, int]:
    """How many people are in each of these, in one look; without those of which nobody can tell any more."""
    parts: dict[int, Fragment] = {}
    for segment in of:
        with suppress(Unanswerable):
            parts[segment.pk] = where(segment.conditions, segment.match, now)
    if not parts:
        return {}
    columns = ", ".join(f"count(*) FILTER (WHERE {part.sql})" for part in parts.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM leads_lead lead WHERE lead.erased_at IS NULL",  # noqa: S608
            [param for part in parts.values() for param in part.params],
        )
        return dict(zip(parts, cursor.fetchone(), strict=True))


def segments() -> QuerySet[Segment]:
    """Every segment by name."""
    return Segment.objects.order_by("name")


def _says(only: Only, known: Known) -> str:
    try:
        condition = registry.find(only["name"])
    except Unanswerable:
        return _("of an unknown condition “%(name)s”") % {"name": only["name"]}
    value = str(only.get("value", ""))
    if condition.values and condition.name not in known:
        known[condition.name] = dict(condition.values())
    shown = known.get(condition.name, {}).get(value, value)
    return str(condition.opposite if only.get("not") else condition.phrase) % {"value": shown}


def _sentence(onlys: Iterable[Only], match: str, known: Known) -> str:
    between = _(" or ") if match == Match.ANY else _(" and ")
    return between.join(_says(only, known) for only in onlys)


def _problems_of_value(condition: Condition, value: str) -> list[str]:
    if condition.in_days:
        return (
            []
            if days_of(value) is not None
            else [_("Give a number of days between 1 and %(most)s.") % {"most": MOST_DAYS}]
        )
    if condition.values is None:
        return [] if not value else [_("This condition has no value.")]
    if not value:
        return [_("Choose one.")]
    is_known = value in dict(condition.values())
    return [] if is_known else [_("“%(value)s” is not there any more.") % {"value": value}]
