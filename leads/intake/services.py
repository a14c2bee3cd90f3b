"""What comes in: sign-ups and questions from visitors, callers whom staff write down.

Nothing here tells its caller whether an address was known, and nothing that a visitor typed leaves by mail.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads import signals
from leads.consent import queries as consents
from leads.consent import services as consent
from leads.consent import wording
from leads.consent.models import Basis, Method, Purpose
from leads.consent.services import Ground, Shown
from leads.consent.terms import months_later
from leads.consent.wording import Words
from leads.intake.models import Inquiry, InquiryOutcome
from leads.people import services as people
from leads.people.models import Lead, LeadSource
from leads.people.services import Details

INQUIRY_MONTHS = 6
LONGEST_QUESTION = 2000
MOST_ANSWERS_TO_ONE_MAIL = 20
ANSWERS = ((timedelta(hours=24), 1), (timedelta(days=30), 3))
ANSWERS_TO_ALL = (timedelta(hours=1), 100)


@dataclass(frozen=True)
class SignUp:
    """A sent sign-up form: the words it showed, and the network it came from."""

    address: str
    words: Words
    details: Details = field(default_factory=Details)
    network: str = ""


@dataclass(frozen=True)
class Question:
    """A sent question form. `words` are there only if their box was ticked."""

    address: str
    text: str
    details: Details = field(default_factory=Details)
    network: str = ""
    words: Words | None = None


@dataclass(frozen=True)
class WrittenBack:
    """An answer to a mail, the delivery of this number. `heard_as` is the same whenever the same answer is heard."""

    delivery_id: int
    heard_as: bytes
    text: str = ""


@dataclass(frozen=True)
class Caller:
    """Somebody who called or came by. `taken_by` is who spoke with them, `taken_at` when."""

    address: str
    method: Method
    taken_by: User
    taken_at: datetime
    details: Details = field(default_factory=Details)
    note: str = ""
    wants_mail: bool = False


@transaction.atomic
def sign_up(form: SignUp, *, now: datetime) -> None:
    """Remember who asks for the emails, and ask the address's owner to confirm."""
    lead = people.find_or_create(form.address, source=LeadSource.SIGN_UP, now=now, details=form.details)
    _ask_to_confirm(lead, form.words, form, now)


@transaction.atomic
def ask(question: Question, *, now: datetime) -> Inquiry:
    """Put a question on the call list, with the consent that asking gives; mail only what is ticked is asked for."""
    lead = people.find_or_create(question.address, source=LeadSource.INQUIRY, now=now, details=question.details)
    may_answer = _may_answer(lead, now)
    inquiry = Inquiry.objects.create(
        lead=lead,
        question=question.text,
        phone=question.details.phone,
        page=question.details.page,
        received_at=now,
    )
    _grant_answering(lead, question, now)
    if question.words is not None:
        _ask_to_confirm(lead, question.words, question, now)
    signals.question_asked.send(Inquiry, inquiry=inquiry, now=now)
    if may_answer:
        signals.inquiry_received.send(Inquiry, inquiry=inquiry, now=now)
    return inquiry


@transaction.atomic
def written_back(lead: Lead, answer: WrittenBack, *, now: datetime) -> bool:
    """Put an answer to a mail on the call list; False if it is there, or there are too many to the same mail.

    Nobody is mailed because of it, and it begins nothing: a person reads it.
    """
    if Inquiry.objects.filter(lead=lead, answers=answer.delivery_id).count() >= MOST_ANSWERS_TO_ONE_MAIL:
        return False
    storable = answer.text.encode(errors="replace").decode().replace("\x00", "")
    words = storable.strip()[:LONGEST_QUESTION]
    _inquiry, is_new = Inquiry.objects.get_or_create(
        heard_as=answer.heard_as,
        defaults={"lead": lead, "question": words, "answers": answer.delivery_id, "received_at": now},
    )
    return is_new


@transaction.atomic
def record_caller(caller: Caller, *, by: User, now: datetime) -> Lead:
    """Write down somebody who called or came by, and what they agreed to."""
    source = LeadSource.IN_PERSON if caller.method == Method.IN_PERSON else LeadSource.PHONE
    lead = people.find_or_create(caller.address, source=source, now=now, details=caller.details)
    for purpose in _purposes(caller, lead):
        consent.grant(lead, ground=_staff_recorded(caller, purpose), now=now)
    if caller.note:
        people.add_note(lead, text=caller.note, by=by, now=now)
    audit.record("lead.caller", subject=f"lead:{lead.pk}", by=by, wants_mail=caller.wants_mail)
    return lead


@transaction.atomic
def handle(inquiry: Inquiry, *, outcome: InquiryOutcome, by: User, now: datetime) -> bool:
    """Take a question off the call list and say how it ended; False if a colleague was faster."""
    waiting = Inquiry.objects.filter(pk=inquiry.pk, handled_at=None)
    taken = waiting.update(handled_at=now, handled_by=by, outcome=outcome)
    if taken:
        audit.record("inquiry.handled", subject=f"inquiry:{inquiry.pk}", by=by, outcome=outcome)
    return bool(taken)


@transaction.atomic
def reopen(inquiry: Inquiry, *, by: User) -> bool:
    """Put a question back on the call list."""
    reopened = Inquiry.objects.filter(pk=inquiry.pk, handled_at__isnull=False)
    changed = reopened.update(handled_at=None, handled_by=None, outcome="")
    if changed:
        audit.record("inquiry.reopened", subject=f"inquiry:{inquiry.pk}", by=by)
    return bool(changed)


def _ask_to_confirm(lead: Lead, words: Words, source: SignUp | Question, now: datetime) -> None:
    shown = Shown(
        wording=wording.keep(words),
        page=source.details.page,
        referrer=source.details.referrer,
        network=source.network,
    )
    consent.request(lead, evidence=shown, now=now)


def _grant_answering(lead: Lead, question: Question, now: datetime) -> None:
    """Whoever asks may be answered, for as long as the law takes asking for consent."""
    ground = Ground(Purpose.INQUIRY, Basis.INQUIRY, expires_at=months_later(now, INQUIRY_MONTHS))
    shown = Shown(page=question.details.page, referrer=question.details.referrer, network=question.network)
    consent.grant(lead, ground=ground, shown=shown, now=now)


def _purposes(caller: Caller, lead: Lead) -> list[Purpose]:
    """What this caller agreed to; a yes that is older than their no is no yes."""
    last = consents.last_withdrawal(lead)
    is_outdated = last is not None and last.withdrawn_at is not None and last.withdrawn_at > caller.taken_at
    return [Purpose.INQUIRY, Purpose.MARKETING] if caller.wants_mail and not is_outdated else [Purpose.INQUIRY]


def _staff_recorded(caller: Caller, purpose: Purpose) -> Ground:
    return Ground(
        purpose,
        Basis.STAFF_RECORDED,
        method=caller.method,
        by=caller.taken_by,
        granted_at=caller.taken_at,
        expires_at=months_later(caller.taken_at, INQUIRY_MONTHS) if purpose == Purpose.INQUIRY else None,
    )


def _may_answer(lead: Lead, now: datetime) -> bool:
    """Whether this question may be answered by mail at once: nobody can make us flood a stranger's mailbox."""
    recent = Inquiry.objects.filter(received_at__lte=now)
    window, limit = ANSWERS_TO_ALL
    if recent.filter(received_at__gt=now - window).count() >= limit:
        return False
    asked = recent.filter(lead=lead)
    return all(asked.filter(received_at__gt=now - window).count() < limit for window, limit in ANSWERS)
