"""What the last look before publishing is told: what keeps it back, what changes, what becomes of those inside."""

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.models import Lead
from newsletter.content.models import Variant
from newsletter.sequences import publishing
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan import words
from newsletter.sequences.publishing import Coming, Outlook, Person
from newsletter.sequences.publishing.whom import FIRST
from studio.queries import plan_changes, plan_lines, sequences
from studio.queries.plan_lines import Said
from studio.queries.sequence_page import found

LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Ahead:
    """A mail that somebody would get; without a moment it is on its way."""

    at: datetime | None
    subject: str


@dataclass(frozen=True, slots=True)
class Gets:
    """Somebody inside, whether they would move, and what they get without that and with it."""

    lead: Lead
    moves: bool
    is_held: bool
    before: list[Ahead]
    after: list[Ahead]


@dataclass(frozen=True, slots=True)
class Pages:
    """Those inside, so many on a page."""

    number: int
    total: int

    @property
    def before(self) -> int:
        return self.number - 1

    @property
    def after(self) -> int:
        return self.number + 1 if self.number < self.total else 0

    @property
    def first(self) -> int:
        return self.before * FIRST


def pages(inside: int, asked: str) -> Pages:
    total = max(-(-inside // FIRST), 1)
    return Pages(min(max(int(asked[:LONGEST_NUMBER]), 1), total) if asked.isdecimal() else 1, total)


def page(sequence: Sequence, now: datetime, *, hours: float, asked: str) -> dict[str, Any]:
    """What publishing the draft would do; `asked` is the page of the list of those inside."""
    plan = publishing.draft(sequence)
    mails = publishing.mails_mark(plan)
    called = sequences.names(plan)
    problems = publishing.review(sequence, plan)
    lines = plan_lines.lines(plan, called, Said(problems=problems))
    is_blocked = any(problem.blocks for problem in problems)
    told = {
        "number": sequence.draft_number,
        "mails": mails,
        "glance": words.glance(plan),
        "lines": lines,
        "found": found(problems, lines),
        "is_blocked": is_blocked,
        "is_needed": True,
        "is_changed": sequences.is_changed(sequence),
        "changes": plan_changes.changes(sequences.running(sequence), plan, called) if sequence.published else [],
    }
    if sequence.published is None or is_blocked:
        return told
    outlook = Outlook(sequence, plan, now, hours)
    seen = outlook.preview()
    listed = pages(seen.inside, asked)
    return {
        **told,
        "is_needed": told["is_changed"] or bool(seen.inside or seen.finished),
        "outlook": seen,
        "most": max((part.people for part in seen.parts), default=0),
        "pages": listed,
        "people": _people(publishing.people(outlook, first=listed.first), called.emails),
        "finished": _people(publishing.finished(outlook), called.emails),
    }


def _people(people: Many[Person], subjects: Mapping[int, str]) -> list[Gets]:
    mails = [mail for person in people for mail in (*person.before, *person.after)]
    letters = Variant.objects.filter(pk__in={mail.variant_id for mail in mails if mail.variant_id}).select_related(
        "email"
    )
    called = {one.pk: subjects.get(one.email_id, one.email.subject) for one in letters}

    def ahead(of: Many[Coming]) -> list[Ahead]:
        return [Ahead(mail.at, called.get(mail.variant_id or 0, "…")) for mail in of]

    return [
        Gets(person.lead, person.moves, person.is_held, ahead(person.before), ahead(person.after)) for person in people
    ]
