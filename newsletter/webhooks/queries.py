"""What webhooks ask: which mail a provider means by a name of its own."""

from collections.abc import Sequence

from newsletter.deliveries.models import Delivery, Outcome


def known_as(lead_id: int, names: Sequence[str]) -> int | None:
    """The latest mail to this person that the provider took under one of these names."""
    theirs = Delivery.objects.filter(lead_id=lead_id).values("pk")
    taken = Outcome.objects.filter(delivery_id__in=theirs, provider_id__in=[name for name in names if name])
    return taken.order_by("-delivery_id").values_list("delivery_id", flat=True).first()
