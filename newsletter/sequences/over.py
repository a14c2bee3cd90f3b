"""When what a way is about is over: who gets ready for a call hears nothing more of it once it begins.

Upper rooms know when an occasion is over, and say so by the trigger that it begins ways with. The last moments before
that are left to handing over.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.deliveries.admission.delays import AT_ONCE
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.plan.document import TriggerKind
from newsletter.sequences.walk import Due

Ends = Callable[[Collection[int]], Mapping[int, datetime]]
"""When each of these occasions is over; those that nobody knows of are left out."""

_ends: dict[TriggerKind, Ends] = {}


def register(kind: TriggerKind, ends: Ends) -> None:
    """Name who knows when what begins ways so is over; called from an app's ready()."""
    _ends[kind] = ends


def of(ways: Collection[tuple[int, int]], almanac: Almanac) -> Mapping[tuple[int, int], datetime]:
    """By version and occasion, when it is over."""
    found: dict[tuple[int, int], datetime] = {}
    for kind, ends in _ends.items():
        mine = {(version, about) for version, about in ways if about and almanac.published(version).begun_by == kind}
        known = ends({about for _version, about in mine}) if mine else {}
        found.update({(version, about): known[about] for version, about in mine if about in known})
    return found


def with_end(rows: Sequence[Due], almanac: Almanac) -> Sequence[Due]:
    """These ways, each with when nothing of it may be planned any more."""
    found = of({(row.version_id, row.occasion) for row in rows if row.occasion}, almanac)
    if not found:
        return rows
    at = {way: moment - AT_ONCE for way, moment in found.items()}
    return [replace(row, over_at=at.get((row.version_id, row.occasion))) for row in rows]
