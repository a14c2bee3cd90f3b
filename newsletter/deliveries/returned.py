"""Mails that were called back while a sender had them in hand, and that came back: planned anew, if still wanted.

Nobody can know at that moment whether such a mail has left, so nothing is planned instead of it. Once it has ended
without having left, whoever called it back for a reason that is registered here plans it anew, under the same name.
What has left, or may have left, keeps its name, and so is never mailed a second time.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from clinic import turns
from leads.people import holding
from leads.people.models import Lead
from newsletter.deliveries.models import Delivery, Kind, Outcome, Recall, State

Plan = Callable[[int, datetime], object]
"""Plans what was cancelled for this owner once more; whose mail it is, is held."""

MOST_AT_ONCE = 500
ENDED = """
    SELECT r.delivery_id, r.reason FROM newsletter_recall r JOIN newsletter_outcome o ON o.delivery_id = r.delivery_id
    WHERE r.reason = ANY(%s) ORDER BY r.delivery_id LIMIT %s
"""

_plans: dict[tuple[str, int], Plan] = {}


def register(kind: Kind, *, reason: str, plan: Plan) -> None:
    """Have `plan(owner, now)` called for mails of this kind that were called back for this reason, and came back."""
    _plans[reason, kind.value] = plan


def look(now: datetime) -> int:
    """See to those that have ended since they were called back; how many. At every tick.

    One that cannot be planned stays for the next tick, and keeps no other waiting.
    """
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [sorted({reason for reason, _kind in _plans}), MOST_AT_ONCE])
        found = cursor.fetchall()
    return turns.each(found, lambda one: _see_to(one[0], one[1], now), otherwise="Some mails cannot be planned anew.")


@transaction.atomic
def _see_to(delivery_id: int, reason: str, now: datetime) -> int:
    mail = Delivery.objects.get(pk=delivery_id)
    lead = Lead.objects.filter(pk=mail.lead_id).first() if mail.lead_id else None
    held = holding.hold(lead) if lead is not None else None
    if not Recall.objects.filter(pk=delivery_id).delete()[0]:
        return 0
    plan = _plans.get((reason, mail.kind))
    came_back = Outcome.objects.filter(pk=delivery_id, state=State.CANCELLED, reason=reason).exists()
    if plan is not None and came_back and held is not None and held.erased_at is None:
        plan(Delivery.objects.values_list("owner", flat=True).get(pk=delivery_id), now)
    return 1
