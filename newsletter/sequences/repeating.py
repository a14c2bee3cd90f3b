"""Mails that people had with an earlier way through the same sequence: they do not get the same one again so soon.

Keys name steps for ever, and deliveries are named by way and key: nothing but this keeps a mail from coming with every
way anew. What is planned and has not left counts from now on.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from newsletter.deliveries.lately import LEFT
from newsletter.deliveries.models import Kind
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.plan.document import SAME_MAIL_DAYS
from newsletter.sequences.walk import Due

Had = Mapping[int, datetime]
"""The moment from which on each mail may come again, by the key of its step."""
SO_LONG = timedelta(days=SAME_MAIL_DAYS)

MAILED = f"""
    JOIN newsletter_delivery d ON d.kind = {Kind.STEP:d} AND d.owner = before.id
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    WHERE (o.delivery_id IS NULL OR (o.state IN {LEFT} AND o.at > %(since)s))
"""
OF_WAYS = f"""
    SELECT mine.id, d.item, max(coalesce(o.at, %(now)s)) FROM newsletter_enrolment mine
    JOIN newsletter_enrolment before ON before.lead_id = mine.lead_id AND before.sequence_id = mine.sequence_id
      AND before.id <> mine.id
    {MAILED} AND mine.id = ANY(%(asked)s) GROUP BY 1, 2
"""  # noqa: S608
OF_LEADS = f"""
    SELECT before.lead_id, d.item, max(coalesce(o.at, %(now)s)) FROM newsletter_enrolment before
    {MAILED} AND before.lead_id = ANY(%(asked)s) AND before.sequence_id = %(sequence)s GROUP BY 1, 2
"""  # noqa: S608


def with_had(rows: Sequence[Due], almanac: Almanac, now: datetime) -> list[Due]:
    """These ways, each with the mails that it must not bring again now; nobody is asked about where it may."""
    asked = [row.id for row in rows if not almanac.published(row.version_id).repeats]
    found = had(asked, now) if asked else {}
    return [replace(row, had=found[row.id]) if row.id in found else row for row in rows]


def had(way_ids: Collection[int], now: datetime) -> Mapping[int, Had]:
    """By way, what earlier ways of the same person through the same sequence brought lately."""
    return _found(OF_WAYS, {"asked": list(way_ids)}, now)


def had_before(sequence_id: int, lead_ids: Collection[int], now: datetime) -> Mapping[int, Had]:
    """By lead, the same for a way that would begin now."""
    return _found(OF_LEADS, {"asked": list(lead_ids), "sequence": sequence_id}, now)


def _found(statement: str, values: dict[str, Any], now: datetime) -> Mapping[int, Had]:
    found: dict[int, dict[int, datetime]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "now": now, "since": now - SO_LONG})
        for asked, key, last in cursor.fetchall():
            found[asked][key] = last + SO_LONG
    return found
