"""Who has the plan of a sequence open: told by their pages every quarter of a minute, and by all that they do there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from newsletter.sequences.models import DraftPresence, Sequence

LASTS = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Present:
    name: str
    since: datetime


def note(sequence: Sequence, *, who: User, now: datetime) -> None:
    """Somebody has it open now; since when, unless they were away in between."""
    defaults = {"since": now, "seen_at": now}
    here, is_new = DraftPresence.objects.get_or_create(sequence=sequence, who=who, defaults=defaults)
    if not is_new:
        since = here.since if here.seen_at > now - LASTS else now
        DraftPresence.objects.filter(pk=here.pk).update(since=since, seen_at=now)


def others(sequence: Sequence, *, than: User, now: datetime) -> list[Present]:
    """Who has it open besides this person, the first who came first."""
    found = DraftPresence.objects.filter(sequence=sequence, seen_at__gt=now - LASTS).exclude(who=than)
    return [Present(str(one.who), one.since) for one in found.select_related("who").order_by("since", "pk")]
