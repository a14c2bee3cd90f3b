"""Tags put on leads and taken off."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from leads import signals
from leads.people.models import Lead
from leads.tags.models import Tag, Tagging


@transaction.atomic
def add(lead: Lead, *, name: str, by: User | None, now: datetime) -> Tagging:
    """Put a tag on a lead, and announce it; a lead that has it keeps the tagging it had."""
    tag, _ = Tag.objects.get_or_create(name=" ".join(name.split()).lower())
    tagging, is_new = Tagging.objects.get_or_create(lead=lead, tag=tag, defaults={"by": by, "at": now})
    if is_new:
        signals.tag_added.send(Tagging, tagging=tagging, now=now)
    return tagging


def remove(lead: Lead, *, name: str) -> bool:
    """Take a tag off a lead; False if it was not there."""
    removed, _ = Tagging.objects.filter(lead=lead, tag__name=" ".join(name.split()).lower()).delete()
    return bool(removed)
