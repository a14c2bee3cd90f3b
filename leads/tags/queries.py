"""What others ask about tags."""

from django.db.models import Count, QuerySet

from leads.people.models import Lead
from leads.tags.models import Tag, Tagging


def all_tags() -> QuerySet[Tag]:
    """Every tag by name, with how many leads have it as `people`."""
    return Tag.objects.annotate(people=Count("taggings")).order_by("name")


def taggings(lead: Lead) -> QuerySet[Tagging]:
    """A lead's tags, newest first."""
    return Tagging.objects.filter(lead=lead).select_related("tag", "by").order_by("-at", "-pk")
