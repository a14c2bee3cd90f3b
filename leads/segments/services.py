"""Make, change and delete segments. One that something uses stays: who got a campaign must not become a guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from leads.segments import queries, uses
from leads.segments.models import Match, Segment
from leads.segments.queries import Only

MOST_CONDITIONS = 12


class BadConditions(ValueError):
    """There is none, there are too many, or one cannot be evaluated; says which and why."""

    def __init__(self, problems: dict[int, list[str]]) -> None:
        super().__init__(" ".join(why for found in problems.values() for why in found))
        self.problems = problems


class NameTaken(Exception):
    """There is another segment of this name; it may have come into being a moment ago."""


class ChangedMeanwhile(Exception):
    """Somebody else changed it after it was looked at; says its `version` now."""


class InUse(Exception):
    """Something uses this segment; `names` say what."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff write down."""

    name: str
    conditions: Sequence[Only]
    match: Match = Match.ALL


@transaction.atomic
def create(draft: Draft, *, by: User, now: datetime) -> Segment:
    """Raises BadConditions and NameTaken."""
    made = Segment(name=draft.name, conditions=_checked(draft), match=draft.match, created_at=now, created_by=by)
    _save(made, now)
    audit.record("segment.created", subject=f"segment:{made.pk}", by=by, name=made.name)
    return made


@transaction.atomic
def change(segment: Segment, draft: Draft, *, by: User, now: datetime, seen: str = "") -> None:
    """Whatever uses it means other people from now on. Raises BadConditions, NameTaken and ChangedMeanwhile.

    `seen` is the `version` that was looked at.
    """
    found = Segment.objects.select_for_update().get(pk=segment.pk)
    if seen not in {"", version(found)}:
        raise ChangedMeanwhile(version(found))
    found.name, found.conditions, found.match = draft.name, _checked(draft), draft.match
    _save(found, now)
    audit.record("segment.changed", subject=f"segment:{found.pk}", by=by, name=found.name)


@transaction.atomic
def delete(segment: Segment, *, by: User) -> None:
    """Raises InUse."""
    found = Segment.objects.select_for_update().get(pk=segment.pk)
    names = uses.of(found.pk)
    if names:
        raise InUse(names)
    audit.record("segment.deleted", subject=f"segment:{found.pk}", by=by, name=found.name)
    found.delete()


def version(segment: Segment) -> str:
    """What differs after every change."""
    return segment.updated_at.isoformat()


def problems(onlys: Sequence[Only]) -> dict[int, list[str]]:
    """What is wrong with these conditions, by their place."""
    return {place: found for place, only in enumerate(onlys) if (found := queries.problems(only))}


def _save(segment: Segment, now: datetime) -> None:
    segment.updated_at = now
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        raise NameTaken from None


def _checked(draft: Draft) -> list[Only]:
    """The conditions as they are stored."""
    found = problems(draft.conditions)
    if found or not 0 < len(draft.conditions) <= MOST_CONDITIONS:
        raise BadConditions(found)
    return [
        {"name": only["name"], "value": only.get("value", ""), "not": only.get("not", False)}
        for only in draft.conditions
    ]
