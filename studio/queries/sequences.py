"""What the sequences' pages show: all of them at a glance, what things are called, and what can be chosen."""

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.models import GoalKind
from leads.people.models import LeadSource
from leads.segments import queries as segments
from leads.tags.queries import all_tags
from newsletter.content import fields
from newsletter.content import queries as content
from newsletter.content.models import EmailKind, EmailTemplate, Topic
from newsletter.sequences import models, publishing
from newsletter.sequences.models import EnrolmentState, Sequence
from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import EventKind, Plan, TriggerKind, Unreadable, every
from newsletter.sequences.plan.reading import LONGEST
from newsletter.sequences.plan.words import Names
from studio import words as shown

PAGES = {"/": gettext_lazy("The article"), "/ask": gettext_lazy("Asking a question")}
VALUES: dict[str, Any] = {
    **{f"{TriggerKind.CONSENT}:{value}": said for value, said in (*Topic.choices, *LeadSource.choices, *PAGES.items())},
    **{f"{EventKind.BOOKED}:{value}": said for value, said in GoalKind.choices},
}
"""What the values of triggers and events are called that are the same in every plan."""
INSIDE = Q(enrolments__state__in=[EnrolmentState.ACTIVE, EnrolmentState.PAUSED])


@dataclass(frozen=True, slots=True)
class Listed:
    """A sequence of the list: what it is at a glance, what begins it, and how many people are inside."""

    sequence: Sequence
    glance: str
    begins: str
    inside: int
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What can be chosen: emails and sequences by id, mails of the plan by key, names of tags, and segments.

    `mailed` are the emails of these mails, by key.
    """

    emails: Many[tuple[Any, Any]] = ()
    sequences: Many[tuple[Any, Any]] = ()
    mails: Many[tuple[Any, Any]] = ()
    mailed: Mapping[str, int] = field(default_factory=dict)
    tags: Many[str] = ()
    segments: Many[tuple[Any, Any]] = ()


def listed() -> list[Listed]:
    """Every sequence by name; who stands nowhere yet is in none."""
    found = Sequence.objects.select_related("published").annotate(inside=Count("enrolments", filter=INSIDE))
    called = names()
    return [_listed(one, called) for one in found.order_by("name", "pk")]


def names(plan: Plan | None = None) -> Names:
    """What everything that a plan speaks of is called; its own steps too, where one is named."""
    found = EmailTemplate.objects.filter(kind=EmailKind.STEP).only("name", "subject")
    emails = {email.pk: called(email) for email in found}
    mails = plan.emails if plan else []
    return Names(
        emails,
        dict(models.Sequence.objects.values_list("pk", "name")),
        {str(segment.pk): segment.name for segment in segments.segments()},
        segments.says,
        VALUES | {f"{EventKind.CLICKED}:{step.key}": emails.get(step.email or 0, "…") for step in mails},
    )


def shut_out(sequence: Sequence) -> list[tuple[str, int]]:
    """The other topics, as they are called, that people inside have declined, and how many have."""
    others = [topic for topic in Topic if topic.value != sequence.topic]
    declined = {one.value: INSIDE & Q(enrolments__lead__declined_topics__contains=[one.value]) for one in others}
    counts = {name: Count("enrolments__lead", filter=fits, distinct=True) for name, fits in declined.items()}
    found = Sequence.objects.filter(pk=sequence.pk).aggregate(**counts)
    return [(str(one.label), found[one.value]) for one in others if found[one.value]]


def known(sequence: Sequence, plan: Plan, called: Names) -> Known:
    """What a form can choose from."""
    mails = [step for step in every(plan.steps) if step.email]
    return Known(
        emails=sorted(called.emails.items(), key=lambda pair: pair[1].casefold()),
        sequences=[pair for pair in called.sequences.items() if pair[0] != sequence.pk],
        mails=[(str(step.key), called.emails.get(step.email or 0, "…")) for step in mails],
        mailed={str(step.key): step.email for step in mails if step.email},
        tags=[tag.name for tag in all_tags()],
        segments=list(called.segments.items()),
    )


def clicks(known: Known) -> list[tuple[Any, Any]]:
    """What can be clicked, by mail: any of its links, or a single one; as a menu in groups."""
    links = content.clickable(list(known.mailed.values()))
    return [(mail, _links_of(key, links[known.mailed[key]])) for key, mail in known.mails]


def _links_of(key: str, links: Mapping[str, str]) -> list[tuple[str, str]]:
    said = [(f"{key} {url}", f"“{label}” ({url})" if label else url) for url, label in links.items()]
    return [(key, _("any link in it")), *(one for one in said if len(one[0]) <= LONGEST)]


def drafted_with(email: EmailTemplate) -> tuple[Sequence, int] | None:
    """The sequence whose draft mails this, and the key of the step that does; None where no draft does."""
    for sequence in Sequence.objects.filter(draft__isnull=False).order_by("pk"):
        for step in publishing.draft(sequence).emails:
            if email.pk in (step.email, step.scarce.email if step.scarce else None):
                return sequence, step.key
    return None


def running(sequence: Sequence) -> Plan:
    """What people go through now: the published plan, else the draft."""
    if sequence.published is None:
        return publishing.draft(sequence)
    return publishing.as_published(sequence.published)


def is_changed(sequence: Sequence) -> bool:
    """Whether something is written that is not published."""
    if sequence.draft is None or sequence.published is None:
        return sequence.draft is not None
    return publishing.draft(sequence) != publishing.as_published(sequence.published)


def called(email: EmailTemplate) -> str:
    """A mail by its subject, as staff read it; by its name while it has none."""
    line = fields.FIELD.sub(lambda match: f"[{shown.field(match['name'].strip())}]", email.subject)
    return line or email.name


def _listed(sequence: Any, names: Names) -> Listed:
    try:
        plan, is_newer = running(sequence), is_changed(sequence)
    except Unreadable:
        plan, is_newer = Plan(), True
    glance, begins = words.glance(plan), words.begins(plan.trigger, names)
    return Listed(sequence, glance, begins, sequence.inside, is_newer)
