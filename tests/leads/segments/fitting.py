"""Whom one condition fits, asked in both ways: as the members of a segment, and person by person."""

from datetime import datetime

from leads.models import Lead
from leads.segments import queries
from leads.segments.models import Match

NOW = datetime.fromisoformat("2027-03-03T15:00:00+00:00")


def only(name: str, value: str = "", *, negated: bool = False) -> dict[str, object]:
    return {"name": name, "value": value, "not": negated}


def fits(*onlys: dict, match: str = Match.ALL, now: datetime = NOW) -> set[int]:
    """The ids of everybody whom it fits. Both ways of asking, and the number, must agree."""
    for one in onlys:
        assert queries.problems(one) == []
    found = queries.people(onlys, match, now, most=1000)
    members = {lead.pk for lead in found.newest}
    assert found.count == len(members)
    everybody = list(Lead.objects.filter(erased_at=None).values_list("pk", flat=True))
    held = queries.holds(onlys, everybody, now)
    combined = all if match == Match.ALL else any
    assert members == {pk for pk in everybody if combined(place in held[pk] for place in range(len(onlys)))}
    return members
