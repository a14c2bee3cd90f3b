"""How many people a campaign usually goes to; what is far more than that is asked about and begins with a few."""

from statistics import median

from newsletter.campaigns.models import Campaign

HISTORY = 10
FIRST_IS_LARGE = 500
CANARY = 20
"""How many get a large campaign before the others do."""
LEAST = 5 * CANARY
"""So few people are never many: most of them would be among the first few."""


def size() -> int | None:
    """The median of the last campaigns that left; None before the first."""
    left = Campaign.objects.filter(planned_at__isnull=False, planned_count__gt=0).order_by("-planned_at", "-pk")
    counts = list(left.values_list("planned_count", flat=True)[:HISTORY])
    return round(median(counts)) if counts else None


def is_large(count: int, usual: int | None) -> bool:
    """Over twice the usual, or over 500 where there is no usual yet; never a hundred people or fewer."""
    limit = FIRST_IS_LARGE if usual is None else 2 * usual
    return count > max(limit, LEAST)
