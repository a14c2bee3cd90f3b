"""What another program may ask for: which sequences there are, begin one for one person, take one person out.

A program names a person by address or number and is told no more than it must know: whoever may not be mailed, for
whatever reason, and whoever is not known at all, are one and the same answer, found by the same statements.
Asking twice is asking once: what the re-entry rule says about a second time holds for a program as for anybody.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.people import queries as people
from leads.people.models import Lead
from newsletter.sequences import one
from newsletter.sequences.entering import WhyNot, why_not
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, SequenceState
from newsletter.sequences.services import NotUnderWay
from newsletter.sequences.triggers import NotPublished, begin_by_hand

NOBODY = 0
MAY_HAVE_MAIL = (*one.UNDER_WAY, EnrolmentState.FINISHED)
"""Whose last mail is planned has finished, and it may not have left yet."""


def offered() -> QuerySet[Sequence]:
    """The sequences that can be begun: all that are published, whatever else begins them."""
    published = Sequence.objects.filter(published__isnull=False).exclude(state=SequenceState.DRAFT)
    return published.select_related("published").order_by("name", "pk")


def named(key: str) -> Sequence:
    """The sequence with this key; raises NotPublished."""
    found = offered().filter(key=key).first()
    if found is None:
        raise NotPublished
    return found


@transaction.atomic
def begin(sequence: Sequence, lead_id: int, *, program: str, now: datetime) -> WhyNot | None:
    """Begin it for this person; None when they began, else why not."""
    if begin_by_hand(sequence, [lead_id], by=None, now=now, program=program):
        return None
    return why_not(sequence, lead_id, now=now)


def leave(sequence: Sequence, lead_id: int, *, program: str, now: datetime) -> int:
    """End this person's ways through this sequence, with the program's name as the reason; how many there were."""
    ways = Enrolment.objects.filter(sequence=sequence, lead_id=lead_id, state__in=MAY_HAVE_MAIL)
    reason = _("Asked for by the program “%(name)s”") % {"name": program}
    return sum(_left(way, reason, now) for way in ways.select_related("lead").order_by("pk"))


def known(*, address: str = "", lead_id: int | None = None) -> int:
    """The number of the person with this address or number; NOBODY, for whom nothing ever begins."""
    if lead_id is not None:
        return lead_id
    lead = people.by_address(address)
    return NOBODY if lead is None else lead.pk


def known_by_any(*, address: str = "", lead_id: int | None = None) -> int:
    """The same for what was theirs before they were merged with another: a wish counts for whoever they are now."""
    if lead_id is None:
        lead = people.by_any_address(address)
    else:
        lead = Lead.objects.filter(pk=lead_id).select_related("merged_into").first()
    return NOBODY if lead is None else lead.merged_into_id or lead.pk


def _left(way: Enrolment, reason: str, now: datetime) -> bool:
    try:
        one.take_out(way, by=None, reason=reason, now=now)
    except NotUnderWay:
        return False
    return True
