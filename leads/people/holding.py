"""Somebody's address held, and who they are by then: staff may have merged them with another while we waited.

Whatever a person wishes (hear less, hear nothing, be forgotten) counts for whoever they are now.
"""

from leads.people import addresses
from leads.people.models import Lead


def hold(lead: Lead) -> Lead:
    """Take the address lock until commit; the same lead, or the one that they were merged into."""
    addresses.lock([lead.address_hash])
    into = Lead.objects.filter(pk=lead.pk).values_list("merged_into", flat=True).first()
    return lead if into is None else hold(Lead.objects.get(pk=into))
