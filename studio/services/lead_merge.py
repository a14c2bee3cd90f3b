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
from booking import times
from booking.models import AppointmentState
from clinic import queries as clinic
from leads.merging import services as merging
from leads.models import Lead
from leads.people import queries as people
from leads.people.models import LeadStatus
from newsletter.models import Delivery, Enrolment, Outcome
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
    """Both as they are, and what merging would do: sentences by what they are about."""

    kept: Side
    gone: Side
    parts: dict[str, list[str]]


def found(text: str, *, besides: Lead) -> list[Lead]:
    """Whom these words fit; for none, who has the same name or number."""
    others = people.search(text).exclude(pk=besides.pk)
    return list(others[:MOST]) if text.split() else _alike(besides)


def foresee(kept: Lead, gone: Lead, *, by: User, now: datetime) -> Outlook:
    """What would happen; raises Overtaken, Unclear."""
    one, other = (Side(lead, _consent_state(lead, now), _holdings(lead)) for lead in (kept, gone))
    ways = _ways(kept, gone)
    waiting = Delivery.objects.filter(lead_id=gone.pk).exclude(pk__in=Outcome.objects.values("delivery_id")).count()
    calls = _calls(kept, gone, now)
    with transaction.atomic():
        merging.merge(kept, gone, by=by, now=now)
        then = _consent_state(kept, now)
        after = Enrolment.objects.in_bulk([way.pk for way in ways])
        transaction.set_rollback(True)
    parts = {
        _("Address"): _address(kept, gone),
        _("What they agreed to"): _agreed(one, other, then, now),
        _("Sequences"): [_way(way, after[way.pk], kept) for way in ways] or [_("Neither is in a sequence.")],
        _("Planned mails"): _planned(kept, gone, waiting),
        _("Calls"): calls,
    }
    return Outlook(one, other, parts)


def _address(kept: Lead, gone: Lead) -> list[str]:
    names = {"kept": kept.email, "gone": gone.email}
    return [
        _("%(kept)s stays their address. Nothing is mailed to %(gone)s any more.") % names,
        _("Whoever signs up with %(gone)s again is somebody new.") % names,
    ]


def _agreed(kept: Side, gone: Side, then: str, now: datetime) -> list[str]:
    """Whether they get mail, and what lets less of it through."""
    said = [_mail(kept, gone, then)]
    leads = (kept.lead, gone.lead)
    if gone.lead.consents.exists():
        said.append(
            _("What %(gone)s agreed to stays on record, with its proof. It counts for no mail to %(kept)s.")
            % {"kept": kept.lead.email, "gone": gone.lead.email}
        )
    if any(lead.declined_topics for lead in leads):
        said.append(_("A topic that either declined is declined."))
    if any(lead.paused_until and lead.paused_until > now for lead in leads):
        said.append(_("A pause that either asked for holds; of two, the longer one."))
    if gone.lead.status == LeadStatus.PATIENT != kept.lead.status:
        said.append(_("They are a patient from now on, and get no invitations."))
    return said


def _planned(kept: Lead, gone: Lead, waiting: int) -> list[str]:
    """`waiting`: how many mails wait for the one who goes."""
    names = {"kept": kept.email, "gone": gone.email, "n": waiting}
    if not waiting:
        return [_("No mail waits for %(gone)s.") % names]
    return [
        ngettext(
            "%(n)d mail waits for %(gone)s. It is taken back.",
            "%(n)d mails wait for %(gone)s. They are taken back.",
            waiting,
        )
        % names,
        _(
            "What answers a question or is about a call is written to %(kept)s instead,"
            " and so is the next mail of a sequence that goes on. A campaign is not."
        )
        % names,
    ]


def _calls(kept: Lead, gone: Lead, now: datetime) -> list[str]:
    """What becomes of the calls to come of the one who goes."""
    to_come = gone.appointments.filter(state=AppointmentState.BOOKED, starts_at__gt=now).order_by("starts_at")
    moments = to_come.values_list("starts_at", flat=True)
    return [
        _("The call on %(moment)s stays booked. Its reminders go to %(kept)s.")
        % {"kept": kept.email, "moment": times.said(moment, clinic.zone())}
        for moment in moments
    ] or [_("No call is to come that %(gone)s booked.") % {"gone": gone.email}]


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
