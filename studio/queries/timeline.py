"""What happened with one person, from every room of the house, merged into one line of time.

Each source asks its own room and turns rows into entries; the newest entry comes first.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import queries as accounts
from accounts.models import User
from booking import queries as diary
from booking.models import AppointmentState, Goal
from leads.consent import queries as consents
from leads.intake import queries as intake
from leads.models import Lead
from leads.people import queries as people
from leads.tags import queries as tags
from newsletter.campaigns.experiments.models import HELD_FROM
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import CHUNK_SIZE, Batch, Kind, State
from newsletter.deliveries.queries import Past
from newsletter.sequences import notices
from newsletter.sequences import queries as sequences
from newsletter.sequences.goals import REASONS
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason
from newsletter.tracking import queries as tracking
from newsletter.tracking.models import FactKind
from studio import words

MOST = 200
GOALS = frozenset(REASONS.values())
LEFT = frozenset({State.SUBMITTED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `mark` is how the line shows it: start (X), goal (the dot), or nothing.

    `unanswered` is the delivery that is told of here, if it left and nobody has answered it as far as is known.
    """

    at: datetime
    what: str
    detail: str = ""
    by: User | None = None
    badge: str | Promise = ""
    tone: str = ""
    mark: str = ""
    unanswered: int | None = None


ACTS: dict[str, Promise] = {
    "lead.caller": gettext_lazy("Written down as a caller"),
    "lead.described": gettext_lazy("Details changed"),
    "lead.status": gettext_lazy("Status changed"),
    "lead.unsubscribed": gettext_lazy("Unsubscribed by staff, at their wish"),
    "lead.answered": gettext_lazy("Noted that they answered an email"),
    "lead.untagged": gettext_lazy("Tag taken off"),
    "lead.merged": gettext_lazy("Merged with a second entry of the same person"),
    "lead.erased": gettext_lazy("Everything personal erased"),
    "sequence.left": gettext_lazy("Taken out of everything under way by staff"),
    "sequence.brought_forward": gettext_lazy("Next mail brought forward"),
    "way.paused": gettext_lazy("A sequence held for this person"),
    "way.resumed": gettext_lazy("A sequence goes on for this person"),
    "way.moved": gettext_lazy("Put before another step by staff"),
    "way.skipped": gettext_lazy("Next step skipped by staff"),
    "way.left": gettext_lazy("Taken out of a sequence by staff"),
}


def of(lead: Lead) -> list[Entry]:
    """The person's line of time, the newest first, at most MOST; of one moment, in the order of SOURCES."""
    entries = chain.from_iterable(source(lead) for source in SOURCES)
    return sorted(entries, key=lambda entry: entry.at)[-MOST:][::-1]


def _beginning(lead: Lead) -> Iterator[Entry]:
    detail = f"{lead.get_source_display()} {lead.first_page}".strip()
    yield Entry(lead.created_at, _("First heard of"), detail, mark="start")


def _consents(lead: Lead) -> Iterator[Entry]:
    for asked in consents.requests(lead):
        yield Entry(asked.requested_at, _("Asked for the emails"), asked.page)
    for given in consents.consents(lead):
        detail = f"{given.get_purpose_display()} · {given.get_basis_display()}, {given.get_method_display()}"
        yield Entry(given.granted_at, _("Agreed"), detail, by=given.by, badge=_("Consent"), tone="good")
        if given.withdrawn_at:
            yield Entry(given.withdrawn_at, _("Took the consent back"), given.withdrawn_how, tone="wait")


def _course(lead: Lead) -> Iterator[Entry]:
    for way in sequences.enrolments(lead):
        yield Entry(way.enrolled_at, _beginning_of(way) % {"name": way.sequence.name})
        if way.ended_at:
            yield Entry(way.ended_at, _end(way) % {"name": way.sequence.name}, way.get_exit_reason_display())


def _asked_for(lead: Lead) -> Iterator[Entry]:
    """What steps asked a person to do for them."""
    for notice in notices.of_lead(lead):
        name = notice.enrolment.sequence.name
        yield Entry(notice.at, _("“%(name)s” asked for a person") % {"name": name}, notice.text)
        if notice.handled_at:
            done = _("Done, as “%(name)s” had asked") % {"name": name}
            yield Entry(notice.handled_at, done, notice.text, by=notice.handled_by, badge=_("Done"), tone="good")


def _beginning_of(way: Enrolment) -> str:
    if way.state == EnrolmentState.HELD_OUT:
        return _("Gets nothing of “%(name)s”, to compare")
    return _("Began “%(name)s”")


def _end(way: Enrolment) -> str:
    if way.exit_reason in GOALS or way.exit_reason == ExitReason.OVER:
        return _("“%(name)s” ended")
    return _("Left “%(name)s”") if way.exit_reason else _("Finished “%(name)s”")


def _mails(lead: Lead) -> Iterator[Entry]:
    past = deliveries.history(lead.pk)
    of_ways = {way.pk: way.sequence.name for way in sequences.enrolments(lead)}
    subjects = {mail.id: mail.subject for mail in past}
    facts = list(chain.from_iterable(tracking.facts(subjects).values()))
    answered = {fact.delivery_id for fact in facts if fact.kind == FactKind.REPLIED}
    for mail in past:
        word, tone = mail_state(mail)
        said = of_ways.get(mail.owner, mail.kind.label) if mail.kind == Kind.STEP else mail.kind.label
        at, open_one = mail.ended_at or _due(mail), mail.id if _can_be_answered(mail, answered) else None
        yield Entry(at, mail.subject, _mail_detail(mail, said), badge=word, tone=tone, unanswered=open_one)
    for fact in (fact for fact in facts if fact.kind != FactKind.BOOKED):  # the goal says it
        yield Entry(fact.at, fact.get_kind_display(), subjects[fact.delivery_id], badge=_("Mail"), tone=fact.kind)
    for click in tracking.clicks(lead.pk):
        detail = f"{subjects.get(click.delivery_id, '')} · {click.reason}"
        yield Entry(click.at, _("Clicked a link"), detail, badge=click.get_label_display(), tone=click.label)
    yield from _goals(lead, subjects)


def _can_be_answered(mail: Past, answered: Collection[int]) -> bool:
    did_leave = mail.state in LEFT or mail.is_uncertain
    return did_leave and mail.kind != Kind.TEST and mail.id not in answered


def mail_state(mail: Past) -> tuple[str | Promise, str]:
    """The glossary's word for where a delivery is, and its tone."""
    if mail.is_uncertain:
        return _("Uncertain"), "uncertain"
    if mail.state is None:
        return _("Planned"), "planned"
    return State(mail.state).label, State(mail.state).name.lower()


def _due(mail: Past) -> datetime:
    """When it leaves; when it was planned, while it is held until the first few or a test have told."""
    if not _is_held(mail):
        return mail.due_at
    return Batch.objects.get(chunks=mail.id // CHUNK_SIZE).planned_at


def _is_held(mail: Past) -> bool:
    return mail.due_at >= HELD_FROM and mail.state is None


def _mail_detail(mail: Past, kind: str | Promise) -> str:
    """What it belongs to, and why it waits or did not leave."""
    if _is_held(mail):
        return f"{kind} · {_('held until others who get it first have told how it goes')}"
    said = f"{kind} · {words.why(mail.reason)}" if mail.reason else str(kind)
    is_gap = mail.kind == Kind.STEP and mail.state == State.EXPIRED
    return f"{said}; {_('what comes after it comes without it')}" if is_gap else said


def _calls(lead: Lead) -> Iterator[Entry]:
    for call in diary.of_lead(lead):
        if call.state != AppointmentState.BOOKED:
            yield Entry(call.changed_at, _("Call"), badge=call.get_state_display(), tone=call.state)


def _goals(lead: Lead, subjects: Mapping[int, str]) -> Iterator[Entry]:
    for goal in Goal.objects.filter(lead=lead).select_related("by"):
        subject = subjects.get(goal.credited_delivery_id or 0)
        detail = _("Credited to “%(subject)s”") % {"subject": subject} if subject else _("Not credited to a mail")
        word = goal.get_kind_display()
        yield Entry(goal.at, _("Booked"), detail, by=goal.by, badge=word, tone="booked", mark="goal")


def _questions(lead: Lead) -> Iterator[Entry]:
    for inquiry in intake.inquiries(lead):
        is_answer = inquiry.answers is not None
        what = _("Answered an email") if is_answer else _("Asked a question")
        yield Entry(inquiry.received_at, what, inquiry.question)
        if inquiry.handled_at:
            word = inquiry.get_outcome_display()
            handled = _("Their answer dealt with") if is_answer else _("Question dealt with")
            yield Entry(inquiry.handled_at, handled, by=inquiry.handled_by, badge=word, tone=inquiry.outcome)


def _staff(lead: Lead) -> Iterator[Entry]:
    for note in people.notes(lead):
        yield Entry(note.at, _("Note"), note.text, by=note.by)
    for tagging in tags.taggings(lead):
        yield Entry(tagging.at, _("Tagged"), tagging.tag.name, by=tagging.by)
    for act in chain.from_iterable(accounts.acts_on(f"lead:{pk}") for pk in (lead.pk, *people.formers(lead))):
        if act.act in ACTS:
            yield Entry(act.at, str(ACTS[act.act]), str(act.detail.get("reason", "")), by=act.by)


SOURCES: tuple[Callable[[Lead], Iterator[Entry]], ...] = (
    _beginning,
    _consents,
    _course,
    _mails,
    _calls,
    _questions,
    _asked_for,
    _staff,
)
