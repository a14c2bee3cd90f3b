"""Goals: what a sequence is for. Reached, it ends every way whose plan has it, from anywhere in the plan.

That happens in the transaction of its cause, before the next mail; who is held out reaches goals too, for that is what
the mails are compared with. A version from before there were plans has the goal to be booked. Whatever happens also
knocks at the ways of that person that wait for something.

Clicks come by requests that may change nothing, and a click is a person's only once it is no part of a burst: the tick
looks at those that are a moment old. A click that turns out to be a person's later, by a form, is told of at once.

Clicks get their numbers before they are committed: a number that is missing when the look goes past it may still come.
Such numbers are kept, and looked for again, until they cannot come any more.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from leads.models import Lead
from leads.people import addresses, holding
from newsletter.deliveries import prepared
from newsletter.deliveries.models import Delivery, Kind
from newsletter.sequences import ending, entering, events
from newsletter.sequences.models import ClicksSeen, Enrolment, ExitReason
from newsletter.sequences.plan.document import Event, EventKind
from newsletter.tracking import services as tracking
from newsletter.tracking.labels import BURST
from newsletter.tracking.models import ClickLabel, FactKind

REASONS: Mapping[EventKind, ExitReason] = {
    EventKind.BOOKED: ExitReason.BOOKED,
    EventKind.ATTENDED: ExitReason.ATTENDED,
    EventKind.REPLIED: ExitReason.REPLIED,
    EventKind.CLICKED: ExitReason.CLICKED,
    EventKind.TAG: ExitReason.TAG,
}
CLICKS_AT_ONCE = 1000
AN_INSTANT = timedelta(microseconds=1)

GOAL = r"""
    CASE WHEN v.plan = '{}' THEN 'booked' ELSE v.plan -> 'goal' ->> 'kind' END = %(kind)s
    AND lower(btrim(regexp_replace(coalesce(v.plan -> 'goal' ->> 'value', ''), '\s+', ' ', 'g'))) IN ('', {value})
"""
OF_LEADS = f"""
    SELECT e.id FROM newsletter_enrolment e JOIN newsletter_sequenceversion v ON v.id = e.version_id
    WHERE e.lead_id = ANY((SELECT %(leads)s::bigint[])::bigint[]) AND {GOAL.replace("{value}", "%(value)s")}
      AND {ending.CONCERNED}
"""  # noqa: S608
ON_LINK = "d.item::text, lower(d.item || ' ' || (r.links -> c.link ->> 'url'))"
CLICKED = f"""
    SELECT e.id, l.id, l.address_hash, coalesce({GOAL.replace("{value}", ON_LINK)}, false)
    FROM newsletter_click c
    JOIN newsletter_delivery d ON d.id = c.delivery_id AND d.kind = {Kind.STEP:d}
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    LEFT JOIN newsletter_variant letter ON letter.id = d.variant_id
    LEFT JOIN newsletter_compiledemail r ON r.id = coalesce(o.revision_id, letter.current_id)
    JOIN newsletter_enrolment e ON e.id = d.owner
    JOIN newsletter_sequenceversion v ON v.id = e.version_id
    JOIN leads_lead l ON l.id = e.lead_id AND l.erased_at IS NULL
    WHERE c.id = ANY(%(clicks)s) AND c.label = '{ClickLabel.PERSON.value}'
"""  # noqa: S608
NEWS = """
    WITH seen AS (SELECT last_id, awaited FROM newsletter_clicksseen WHERE id = 1)
    SELECT EXISTS (SELECT 1 FROM newsletter_click WHERE id > coalesce((SELECT last_id FROM seen), 0)),
           EXISTS (SELECT 1 FROM seen WHERE awaited <> '{}')
"""
SETTLED = """
    WITH fresh AS (
        SELECT id, at FROM newsletter_click WHERE id > %(after)s ORDER BY id LIMIT %(most)s
    )
    SELECT max(id) FROM fresh WHERE id < coalesce((SELECT min(id) FROM fresh WHERE at > %(settled)s), %(endless)s)
"""
MISSING = """
    SELECT generate_series(greatest(c.before + 1, c.id - %(most)s), c.id - 1) FROM (
        SELECT id, lag(id, 1, %(after)s::bigint) OVER (ORDER BY id) AS before
        FROM newsletter_click WHERE id > %(after)s AND id <= %(last)s
    ) c WHERE c.before < c.id - 1
"""
CAME_LATE = "SELECT id FROM newsletter_click WHERE id = ANY(%s) AND at <= %s"
ENDLESS = 2**62
COMES_WITHIN = timedelta(hours=1)
"""A click is one short transaction: what has not come in so long was undone."""


@transaction.atomic(savepoint=False)
def reached(lead: Lead, event: Event, *, now: datetime) -> int:
    """Something happened to this person: how many ways it ended. Ways that wait for something look at once."""
    addresses.lock([lead.address_hash])
    return _reached([lead.pk], event, now)


@transaction.atomic(savepoint=False)
def reached_by_many(lead_ids: Collection[int], event: Event, *, now: datetime) -> int:
    """The same for many people to whom it happened at once."""
    addresses.lock_leads(lead_ids)
    return _reached(lead_ids, event, now)


def end_reached(lead: Lead, *, now: datetime, among: Collection[int] | None = None) -> int:
    """End the ways whose goal was reached since they began, under whichever address and whatever they were then.

    The caller holds them: all that are under way, or those `among` these.
    """
    ended, mine = 0, Enrolment.objects.filter(lead=lead, ended_at=None)
    mine = mine if among is None else mine.filter(pk__in=list(among))
    for way in mine.select_related("version").order_by("pk"):
        goal = entering.plan_of(way.version).goal
        if goal is not None and events.happened(goal, [(way.pk, lead.pk, way.enrolled_at + AN_INSTANT)]):
            ended += ending.end([way.pk], reason=REASONS[goal.kind], now=now)
    return ended


@transaction.atomic
def replied(delivery_id: int, *, now: datetime) -> bool:
    """Somebody answered this mail; False when that was known."""
    delivery = Delivery.objects.filter(pk=delivery_id).first()
    lead = Lead.objects.filter(pk=delivery.lead_id or 0).first() if delivery else None
    lead = holding.hold(lead) if lead is not None else None
    if lead is None or lead.erased_at is not None:
        return False
    if not tracking.fact(delivery_id, FactKind.REPLIED, at=now):
        return False
    reached(lead, Event(EventKind.REPLIED), now=now)
    return True


def look_at_clicks(now: datetime) -> None:
    """Clicks since the last look: they end the ways whose goal they are, and knock at the others."""
    while _is_news() and _look(now):
        pass


@transaction.atomic
def clicked(click_id: int, now: datetime) -> None:
    """A form told that this click, which was counted as nobody's, was a person's."""
    _carry_on([click_id], now)


def _reached(lead_ids: Collection[int], event: Event, now: datetime) -> int:
    values: dict[str, Any] = {
        "leads": prepared.array(lead_ids),
        "kind": event.kind.value,
        "value": event.value.lower(),
        "recent": now - ending.RECENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(OF_LEADS, values)
        ways = [way for (way,) in cursor.fetchall()]
    ended = ending.end(ending.hold(ways), reason=REASONS[event.kind], now=now) if ways else 0
    events.knock(lead_ids, now)
    return ended


def _is_news() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(NEWS)
        return any(cursor.fetchone())


@transaction.atomic
def _look(now: datetime) -> bool:
    """One lot of clicks, by one tick at a time; whether there may be more."""
    ClicksSeen.objects.get_or_create(pk=1)
    seen = ClicksSeen.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if seen is None:
        return False
    late = _came_late(seen, now)
    last = _settled(seen.last_id, now)
    fresh = _up_to(seen, last, now) if last is not None else []
    if late or fresh:
        _carry_on([*late, *fresh], now)
    seen.save(update_fields=["last_id", "awaited"])
    return last is not None


def _came_late(seen: ClicksSeen, now: datetime) -> list[int]:
    """Those of the awaited that are there now; they, and those that cannot come any more, are awaited no longer."""
    if not seen.awaited:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CAME_LATE, [[int(click) for click in seen.awaited], now - BURST])
        came = [click for (click,) in cursor.fetchall()]
    earliest = (now - COMES_WITHIN).timestamp()
    seen.awaited = {
        click: since for click, since in seen.awaited.items() if since > earliest and int(click) not in came
    }
    return came


def _settled(after: int, now: datetime) -> int | None:
    """Up to which click the labels are what they are."""
    values: dict[str, Any] = {"after": after, "most": CLICKS_AT_ONCE, "settled": now - BURST, "endless": ENDLESS}
    with connection.cursor() as cursor:
        cursor.execute(SETTLED, values)
        (last,) = cursor.fetchone()
    return last


def _up_to(seen: ClicksSeen, last: int, now: datetime) -> list[int]:
    """The clicks up to this one. What is missing is asked for first: what comes in between is merely seen twice."""
    values = {"after": seen.last_id, "last": last, "most": CLICKS_AT_ONCE}
    with connection.cursor() as cursor:
        cursor.execute(MISSING, values)
        seen.awaited |= {str(click): now.timestamp() for (click,) in cursor.fetchall()}
        cursor.execute("SELECT id FROM newsletter_click WHERE id > %(after)s AND id <= %(last)s", values)
        found = [click for (click,) in cursor.fetchall()]
    seen.last_id = last
    return found


def _carry_on(clicks: Collection[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CLICKED, {"clicks": list(clicks), "kind": EventKind.CLICKED.value})
        found: Sequence[tuple[int, int, bytes, bool]] = cursor.fetchall()
    if not found:
        return
    addresses.lock([address_hash for _way, _lead, address_hash, _is_goal in found])
    ways = {way for way, _lead, _hash, is_goal in found if is_goal}
    if ways:
        ending.end(ending.hold(ways), reason=ExitReason.CLICKED, now=now)
    events.knock({lead for _way, lead, _hash, _is_goal in found}, now)
