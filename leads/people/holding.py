"""Somebody's address held, and who they are by then: staff may have merged them with another while we waited.

Whatever a person wishes (hear less, hear nothing, be forgotten) counts for whoever they are now. What is known about
them is written down only while they are known.
"""

from leads.people import addresses
from leads.people.models import Lead


class Erased(Exception):
    """Everything personal about this person is gone, and nothing is written down about them any more."""


def hold(lead: Lead) -> Lead:
    """Take the address lock until commit; the same lead, or the one that they were merged into.

    `erased_at` is as it is now, and stays.
    """
    addresses.lock([lead.address_hash])
    found = Lead.objects.filter(pk=lead.pk).values_list("erased_at", "merged_into").first()
    if found is None:
        return lead
    lead.erased_at, into = found
    return lead if into is None else hold(Lead.objects.get(pk=into))


def hold_known(lead: Lead) -> Lead:
    """The same for whoever writes down what is known about somebody; raises Erased."""
    found = hold(lead)
    if found.erased_at is not None:
        raise Erased
    return found
