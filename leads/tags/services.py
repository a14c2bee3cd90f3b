"""Tags put on leads and taken off."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from accounts.models import User
from leads import signals
from leads.people import holding
from leads.people.models import Lead
from leads.tags.models import Tag, Tagging


@transaction.atomic
def add(lead: Lead, *, name: str, by: User | None, now: datetime) -> Tagging:
    """Put a tag on a lead, and announce it; a lead that has it keeps the tagging it had. Raises Erased."""
    lead, tag = holding.hold_known(lead), _tag(name)
    tagging, is_new = Tagging.objects.get_or_create(lead=lead, tag=tag, defaults={"by": by, "at": now})
    if is_new:
        signals.tag_added.send(Tag, tag=tag, lead_ids=[lead.pk], now=now)
    return tagging


@transaction.atomic
def add_to_many(lead_ids: Collection[int], *, name: str, now: datetime) -> list[int]:
    """The same for many people at once, as a program does it; who did not have it."""
    tag = _tag(name)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO leads_tagging (lead_id, tag_id, at) SELECT lead, %s, %s FROM unnest(%s::bigint[]) lead"
            " WHERE true ON CONFLICT DO NOTHING RETURNING lead_id",
            [tag.pk, now, _array(sorted(lead_ids))],
        )
        new = [lead for (lead,) in cursor.fetchall()]
    if new:
        signals.tag_added.send(Tag, tag=tag, lead_ids=new, now=now)
    return new


def remove(lead: Lead, *, name: str) -> bool:
    """Take a tag off a lead; False if it was not there."""
    return bool(remove_from_many([lead.pk], name=name))


def remove_from_many(lead_ids: Collection[int], *, name: str) -> int:
    """Take a tag off these people; how many had it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM leads_tagging t USING leads_tag named"
            " WHERE t.lead_id = ANY(%s::bigint[]) AND t.tag_id = named.id AND named.name = %s",
            [_array(lead_ids), normal(name)],
        )
        return cursor.rowcount


def normal(name: str) -> str:
    """A tag's name as it is kept: in small letters, with single spaces."""
    return " ".join(name.split()).lower()


def _array(lead_ids: Collection[int]) -> str:
    """As PostgreSQL reads it: written by the driver, a thousand numbers take longer than their tags."""
    return "{" + ",".join(map(str, lead_ids)) + "}"


def _tag(name: str) -> Tag:
    return Tag.objects.get_or_create(name=normal(name))[0]
