"""What a way can wait for, and what can be its goal; upper apps add what they know of when Django starts.

An event is one SQL expression, true or false, about a way: `{way}` is its enrolment's id, `{lead}` its lead's and
`{since}` the moment from which on it counts. Whatever happens may also *knock*: the way is then looked at with the next
tick, and not only when its wait is over. A knock that is lost costs time and nothing else, for what happened stays so.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from newsletter.deliveries import prepared
from newsletter.deliveries.models import Kind
from newsletter.sequences.plan.document import Event, EventKind, Scarce
from newsletter.tracking.models import ClickLabel, FactKind

Sql = Callable[[str], tuple[str, list[Any]]]

CLICKED = f"""
    EXISTS (SELECT 1 FROM newsletter_delivery delivery JOIN newsletter_click click ON click.delivery_id = delivery.id
            WHERE delivery.kind = {Kind.STEP:d} AND delivery.owner = {{way}}
              AND click.label = '{ClickLabel.PERSON.value}' AND click.at >= {{since}}{{of}})
"""  # noqa: S608
OF_STEP = " AND delivery.item = %s"
OF_LINK = """
    AND delivery.item = %s
    AND (SELECT revision.links -> click.link ->> 'url' FROM newsletter_variant variant
         LEFT JOIN newsletter_outcome outcome ON outcome.delivery_id = delivery.id
         JOIN newsletter_compiledemail revision ON revision.id = coalesce(outcome.revision_id, variant.current_id)
         WHERE variant.id = delivery.variant_id) = %s
"""
"""The address in the words that left, as a click finds it."""
TAGGED = """
    EXISTS (SELECT 1 FROM leads_tagging tagging JOIN leads_tag tag ON tag.id = tagging.tag_id
            WHERE tagging.lead_id = {lead} AND tag.name = %s AND tagging.at >= {since})
"""
REPLIED = f"""
    (EXISTS (SELECT 1 FROM leads_inquiry inquiry WHERE inquiry.lead_id = {{lead}} AND inquiry.received_at >= {{since}})
     OR EXISTS (SELECT 1 FROM newsletter_delivery delivery JOIN newsletter_fact fact ON fact.delivery_id = delivery.id
                WHERE delivery.kind = {Kind.STEP:d} AND delivery.owner = {{way}}
                  AND fact.kind = '{FactKind.REPLIED.value}' AND fact.at >= {{since}}))
"""  # noqa: S608
"""An answer to a mail of this way, or a question by the form."""
ASKED = "SELECT asked.way FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) asked (way, lead, since) WHERE {}"
UNDER_WAY = """
    SELECT version_id, next_position, array_agg(id)::text FROM (
        SELECT id, version_id, next_position FROM newsletter_enrolment
        WHERE lead_id = ANY((SELECT %s::bigint[])::bigint[]) AND state = 'active' ORDER BY id FOR NO KEY UPDATE
    ) under_way GROUP BY version_id, next_position
"""
WAITS = "SELECT version_id, position FROM newsletter_step WHERE version_id = ANY(%s) AND kind = 'until'"
KNOCK = "UPDATE newsletter_enrolment SET due_at = %(now)s WHERE id = ANY(%(ways)s::bigint[]) AND due_at > %(now)s"

_events: dict[EventKind, Sql] = {}
_scarcity: list[Callable[[int, datetime], int]] = []


def register(kind: EventKind, sql: Sql) -> None:
    """Make known how to tell whether this happened; its function gets the event's value."""
    _events[kind] = sql


def register_slots(free: Callable[[int, datetime], int]) -> None:
    """Name the function that counts the free calls of the next so many days; called once, when Django starts."""
    _scarcity[:] = [free]


def happened(event: Event, ways: Sequence[tuple[int, int, datetime]]) -> set[int]:
    """Which of these ways (id, lead, since) it happened to; none where nobody can tell."""
    if event.kind not in _events or not ways:
        return set()
    expression, params = _events[event.kind](event.value)
    columns: list[Any] = [list(column) for column in zip(*ways, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(ASKED.format(_about(expression)), [*columns, *params])
        return {way for (way,) in cursor.fetchall()}


def knock(lead_ids: Collection[int], now: datetime) -> int:
    """Something happened to these people: those of their ways that wait for something are looked at at once.

    A tick may be putting one of them before its wait just now: it is waited for, so that no knock comes too early to
    be heard. The caller holds their addresses, so that two who knock do not wait for one another.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [prepared.array(lead_ids)])
        under_way = {(version, position): ways for version, position, ways in cursor.fetchall()}
        if not under_way:
            return 0
        cursor.execute(WAITS, [[version for version, _position in under_way]])
        heard = 0
        for place in set(cursor.fetchall()) & set(under_way):
            cursor.execute(KNOCK, {"ways": under_way[place], "now": now})
            heard += cursor.rowcount
        return heard


def is_scarce(scarce: Scarce, now: datetime) -> bool:
    """Whether fewer free calls are left than the step wants; never where nobody counts them."""
    return any(free(scarce.days, now) < scarce.fewer for free in _scarcity)


def _about(expression: str) -> str:
    return expression.replace("{way}", "asked.way").replace("{lead}", "asked.lead").replace("{since}", "asked.since")


def _clicked(value: str) -> tuple[str, list[Any]]:
    """In any mail of this way, in the step whose key is the value, or there on the link that leads to this address."""
    wanted = Event(EventKind.CLICKED, value)
    if wanted.link:
        return CLICKED.replace("{of}", OF_LINK), [int(wanted.mail), wanted.link]
    return (CLICKED.replace("{of}", OF_STEP), [int(value)]) if value else (CLICKED.replace("{of}", ""), [])


register(EventKind.CLICKED, _clicked)
register(EventKind.TAG, lambda value: (TAGGED, [" ".join(value.split()).lower()]))
register(EventKind.REPLIED, lambda _value: (REPLIED, []))
