"""What the mails of sequences say today: the words in use, which may be others than those that are saved."""

from collections.abc import Collection
from dataclasses import replace

from django.db.models import F, QuerySet

from newsletter.content import marks
from newsletter.content.models import CompiledEmail, EmailKind, Variant
from newsletter.content.queries import STANDING
from newsletter.sequences.plan.document import Plan
from newsletter.sequences.plan.words import Names
from studio import words
from studio.queries import sequences


def revision(email_id: int) -> CompiledEmail | None:
    """The very words that leave; None where the mail never went out, and what is saved would be frozen."""
    found = _in_use().filter(email=email_id).select_related("current").first()
    return found.current if found else None


def newer() -> Collection[int]:
    """The emails of which other words are saved than those that go out."""
    other = _in_use().filter(email__kind=EmailKind.STEP).exclude(email__version=F("current__version"))
    return set(other.values_list("email_id", flat=True))


def names(plan: Plan | None = None) -> Names:
    """What everything that a plan speaks of is called, its mails by the subjects that leave."""
    called = sequences.names(plan)
    subjects = _in_use().filter(email__in=newer()).values_list("email_id", "current__subject")
    return replace(called, emails={**called.emails, **{email: _readable(line) for email, line in subjects if line}})


def _in_use() -> QuerySet[Variant]:
    return Variant.objects.filter(label=STANDING, current__isnull=False)


def _readable(line: str) -> str:
    """A frozen subject as staff read it."""
    return "".join(part if isinstance(part, str) else f"[{words.field(part.name)}]" for part in marks.split(line))
