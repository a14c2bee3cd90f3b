"""Which campaigns use a segment."""

from django.db.models import Q

from newsletter.campaigns.models import Campaign


def campaigns(segment_id: int) -> list[str]:
    """The names of all campaigns that include or leave out this segment, the newest first; past ones too."""
    using = Campaign.objects.filter(Q(included=segment_id) | Q(excluded=segment_id)).distinct()
    return list(using.order_by("-pk").values_list("name", flat=True))
