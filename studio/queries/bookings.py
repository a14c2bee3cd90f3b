"""The latest bookings, and the mails they are credited to."""

from dataclasses import dataclass

from booking.models import Goal
from newsletter.models import Delivery, Variant

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Booking:
    """`subject` is that of the mail which led to it; empty when none did."""

    goal: Goal
    subject: str


def latest() -> list[Booking]:
    """The newest first."""
    goals = list(Goal.objects.select_related("lead").order_by("-at", "-pk")[:SHOWN])
    subjects = _subjects([goal.credited_delivery_id for goal in goals if goal.credited_delivery_id])
    return [Booking(goal, subjects.get(goal.credited_delivery_id or 0, "")) for goal in goals]


def _subjects(delivery_ids: list[int]) -> dict[int, str]:
    variants = dict(Delivery.objects.filter(pk__in=delivery_ids).values_list("pk", "variant_id"))
    named = Variant.objects.filter(pk__in=variants.values()).values_list("pk", "email__subject")
    subjects = dict(named)
    return {delivery_id: subjects[variant_id] for delivery_id, variant_id in variants.items()}
