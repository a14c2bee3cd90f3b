"""What others ask of suppressions."""

from newsletter.suppression.models import Suppression


def active(address_hash: bytes) -> list[Suppression]:
    """What stops mail to this address now, the oldest first."""
    return list(Suppression.objects.filter(address_hash=address_hash, lifted_at__isnull=True).order_by("at"))
