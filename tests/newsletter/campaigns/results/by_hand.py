"""What a campaign brought, counted anew from plain rows in plain Python: no question of ours, nothing kept."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from leads.models import Lead
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Click, Delivery, Fact, Outcome, Uncertain, Variant

LEFT = {State.SUBMITTED, State.CLOSED}
GMAIL, OUTLOOK = {"gmail.com", "googlemail.com"}, {"outlook.com", "hotmail.fr"}
FEW = 5


@dataclass
class Counted:
    """The same numbers as the page's, each found by looking at every row."""

    planned: int = 0
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    clicks: Counter[str] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)
    hours: dict[datetime, Counter[str]] = field(default_factory=dict)
    wordings: dict[int, Counter[str]] = field(default_factory=dict)
    links: dict[tuple[int, int], Counter[str]] = field(default_factory=dict)
    mailboxes: dict[str, Counter[str]] = field(default_factory=dict)
    variants: dict[int, Counter[str]] = field(default_factory=dict)

    @property
    def mailed(self) -> int:
        return self.states["Submitted"] + self.states["Uncertain, treated as sent"]


@dataclass
class Rows:
    """Every row there is, of other campaigns too, to be left out one by one."""

    ended: dict[int, Outcome] = field(default_factory=lambda: {one.delivery_id: one for one in Outcome.objects.all()})
    doubted: set[int] = field(default_factory=lambda: {one.delivery_id for one in Uncertain.objects.all()})
    leads: dict[int, Lead] = field(default_factory=lambda: {lead.pk: lead for lead in Lead.objects.all()})
    clicks: list[Click] = field(default_factory=lambda: list(Click.objects.order_by("at")))
    facts: list[Fact] = field(default_factory=lambda: list(Fact.objects.all()))
    current: dict[int, int] = field(
        default_factory=lambda: {one.pk: one.current_id or 0 for one in Variant.objects.all()}
    )


def count(of: Campaign, zone: str) -> Counted:
    """Look at each row by itself."""
    found, rows = Counted(), Rows()
    for delivery in Delivery.objects.all():
        if delivery.kind == Kind.CAMPAIGN and delivery.owner == of.pk:
            _one(found, delivery, rows)
            _came_back(found, delivery, rows, ZoneInfo(zone))
    found.mailboxes = _few_together(found.mailboxes)
    return found


def _one(found: Counted, delivery: Delivery, rows: Rows) -> None:
    end = rows.ended.get(delivery.pk)
    found.planned += 1
    variant = found.variants.setdefault(delivery.variant_id, Counter())
    variant["planned"] += 1
    if end is None:
        found.states["Uncertain" if delivery.pk in rows.doubted else "Waiting"] += 1
        return
    found.states[str(State(end.state).label)] += 1
    if end.state != State.SUBMITTED:
        found.reasons[end.reason.partition(":")[0] + (": 550 5.1.1" if "550 5.1.1" in end.reason else "")] += 1
    if end.state in LEFT:
        variant["mailed"] += 1
        if end.revision_id is not None:
            found.wordings.setdefault(end.revision_id, Counter())["left"] += 1


def _came_back(found: Counted, delivery: Delivery, rows: Rows, zone: ZoneInfo) -> None:
    end, lead = rows.ended.get(delivery.pk), rows.leads[delivery.lead_id or 0]
    clicks = [click for click in rows.clicks if click.delivery_id == delivery.pk]
    kinds = {fact.kind: fact.at for fact in rows.facts if fact.delivery_id == delivery.pk}
    chosen = [click for click in clicks if click.label == "person"]
    found.facts.update(kinds.keys())
    found.clicks.update(click.label for click in clicks)
    found.people.update(click.lead_id for click in chosen)
    left_at = end.at if end is not None and end.state in LEFT else None
    moments = [("left", left_at), ("clicked", chosen[0].at if chosen else None)]
    moments += [(kind, kinds.get(kind)) for kind in ("booked", "unsubscribed")]
    for what, at in moments:
        if at is not None:
            local = at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
            found.hours.setdefault(local, Counter())[what] += 1
    _links(found, clicks, end.revision_id if end is not None and end.revision_id else rows.current[delivery.variant_id])
    did = {"clicked": bool(chosen), "booked": "booked" in kinds, "unsubscribed": "unsubscribed" in kinds}
    found.variants[delivery.variant_id].update(name for name, is_so in did.items() if is_so)
    is_lost = (end is not None and end.state == State.FAILED) or "bounced" in kinds
    did |= {"people": True, "mailed": left_at is not None, "delivered": "delivered" in kinds, "not_reached": is_lost}
    box = found.mailboxes.setdefault(_provider(lead.email or ""), Counter())
    box.update(name for name, is_so in did.items() if is_so)


def _links(found: Counted, clicks: list[Click], revision: int) -> None:
    for click in clicks:
        found.links.setdefault((revision, click.link), Counter())[click.label] += 1
    for link in {click.link for click in clicks if click.label == "person"}:
        found.links[revision, link]["people"] += 1


def _provider(email: str) -> str:
    domain = email.rpartition("@")[2]
    return "Gmail" if domain in GMAIL else "Outlook" if domain in OUTLOOK else domain


def _few_together(boxes: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """Those with too few people for a line of their own are one line, and never one of too few."""
    few = {name for name, box in boxes.items() if box["people"] < FEW or not name}
    if few and sum(boxes[name]["people"] for name in few) < FEW:
        rest = sorted(boxes.keys() - few, key=lambda name: (-boxes[name]["people"], name))
        few |= set(rest[-1:])
    lines = {name: box for name, box in boxes.items() if name not in few}
    return lines | ({"": sum((boxes[name] for name in few), Counter())} if few else {})
