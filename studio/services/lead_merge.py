"""Two leads who are one person: whom to look at, what merging them would do, and doing it.

What would happen is found by doing it and undoing it: so it is what happens.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from leads.merging import services as merging
from leads.models import Lead
from leads.people import queries as people
from newsletter.models import Delivery, Enrolment
from newsletter.sequences.models import EnrolmentState
from studio.queries.people import with_consent

MOST = 20
MOST_ALIKE = 5

Overtaken = merging.Overtaken
Unclear = merging.Unclear
merge = merging.merge


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, as they are now."""

    lead: Lead
    consent_state: str
    holds: list[str]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Both as they are, and what merging would do, in sentences."""

    kept: Side
    gone: Side
    sentences: list[str]


def found(text: str, *, besides: Lead) -> list[Lead]:
    """Whom these words fit; for none, who has the same name or number."""
    others = people.search(text).exclude(pk=besides.pk)
    return list(others[:MOST]) if text.split() else _alike(besides)


def foresee(kept: Lead, gone: Lead, *, by: User, now: datetime) -> Outlook:
    """What would happen; raises Overtaken, Unclear."""
    one, other = (Side(lead, _consent_state(lead, now), _holdings(lead)) for lead in (kept, gone))
    ways = _ways(kept, gone)
    with transaction.atomic():
        merging.merge(kept, gone, by=by, now=now)
        then = _consent_state(kept, now)
        after = Enrolment.objects.in_bulk([way.pk for way in ways])
        transaction.set_rollback(True)
    sentences = [
        _("%(kept)s stays their address. Nothing is mailed to %(gone)s any more.")
        % {"kept": kept.email, "gone": gone.email},
        _mail(one, other, then),
        *(_way(way, after[way.pk], kept) for way in ways),
        _("Mails that wait for %(gone)s are taken back. Those of calls go to %(kept)s instead.")
        % {"kept": kept.email, "gone": gone.email},
    ]
    return Outlook(one, other, sentences)


def _ways(kept: Lead, gone: Lead) -> list[Enrolment]:
    """What is under way for the one who goes, and for the kept one where the other was in the same sequence, too."""
    shared = Enrolment.objects.filter(lead=gone).values("sequence")
    mine = Enrolment.objects.filter(Q(lead=gone) | Q(lead=kept, sequence__in=shared), ended_at=None)
    return list(mine.exclude(state=EnrolmentState.HELD_OUT).select_related("sequence").order_by("pk"))


def _alike(lead: Lead) -> list[Lead]:
    name = f"{lead.first_name} {lead.last_name}".strip() if lead.last_name else ""
    texts = [text for text in (name, lead.phone) if text]
    hits = chain.from_iterable(people.search(text).exclude(pk=lead.pk)[:MOST_ALIKE] for text in texts)
    return list(dict.fromkeys(hits))


def _consent_state(lead: Lead, now: datetime) -> str:
    return with_consent(Lead.objects.filter(pk=lead.pk), now=now).values_list("consent_state", flat=True).get()


def _mail(kept: Side, gone: Side, then: str) -> str:
    names = {"kept": kept.lead.email, "gone": gone.lead.email}
    if then == "agreed":
        return _("They go on getting the emails: %(kept)s agreed to them itself.") % names
    if kept.consent_state == "unreachable":
        return _("No mail goes to %(kept)s, neither before nor after. Is it the right one to keep?") % names
    if kept.consent_state == "agreed":
        return _("They get no marketing mail any more: with %(gone)s they said that they want none.") % names
    if gone.consent_state == "agreed":
        return (
            _("They get no marketing mail any more: only %(gone)s agreed to it. Keep that one if it is to go on.")
            % names
        )
    return _("They get no marketing mail, as before.")


def _way(before: Enrolment, after: Enrolment, kept: Lead) -> str:
    names = {"sequence": before.sequence.name, "reason": after.get_exit_reason_display()}
    if after.ended_at is not None and before.lead_id == kept.pk:
        return _("“%(sequence)s” ends for the one who is kept: %(reason)s.") % names
    if after.ended_at is not None:
        return _("“%(sequence)s” ends for the other one: %(reason)s.") % names
    if before.lead_id == kept.pk:
        return _("“%(sequence)s” goes on. What the other one had of it does not come again.") % names
    return _("“%(sequence)s” goes on from where the other one is. Nothing of it comes twice.") % names


def _holdings(lead: Lead) -> list[str]:
    """What of this one moves, or is joined, in words; nothing of what there is none."""
    mails, notes = Delivery.objects.filter(lead_id=lead.pk).count(), lead.notes.count()
    questions, calls = lead.inquiries.count(), lead.appointments.count()
    counted = [
        (mails, ngettext("%(n)d mail in the history", "%(n)d mails in the history", mails)),
        (notes, ngettext("%(n)d note", "%(n)d notes", notes)),
        (questions, ngettext("%(n)d question", "%(n)d questions", questions)),
        (calls, ngettext("%(n)d call", "%(n)d calls", calls)),
    ]
    tags = sorted(lead.taggings.values_list("tag__name", flat=True))
    return [*(words % {"n": n} for n, words in counted if n), *tags]
