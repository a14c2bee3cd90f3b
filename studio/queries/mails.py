"""Every mail that goes out by itself, and the campaigns whose words are worth keeping: how each of them stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from newsletter.campaigns import tried
from newsletter.campaigns.models import Campaign
from newsletter.content import course, presets, signing
from newsletter.content.models import EmailKind, EmailTemplate, Variant
from newsletter.content.queries import STANDING

TO_COLLEAGUES = ("password-reset", "staff-invitation")


@dataclass(frozen=True, slots=True)
class Line:
    """One mail. `is_changed`: other words are saved than those that go out; `needs_signature`: under a name.

    `tested_at` is when somebody had a test mail of what is saved.
    """

    email: EmailTemplate
    is_changed: bool
    needs_signature: bool
    tested_at: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    about: str
    lines: list[Line]


def groups() -> list[Group]:
    """The mails that go out by themselves, by what makes them go."""
    known = {variant.email.key: variant for variant in _standing()}
    tested = tried.had([variant.email_id for variant in known.values()])
    ours = [preset.key for preset in presets.TRANSACTIONAL]
    beside = [preset.key for preset in presets.LETTERS]
    return [
        Group(
            _("The course"),
            _("One after the other, to whoever agreed to receive it."),
            _lines(known, tested, course.SIGNED),
        ),
        Group(
            _("Other sequences"),
            _("Around a call, after a silence, to begin the news: once somebody has published the sequence."),
            _lines(known, tested, (key for key in beside if key not in course.SIGNED)),
        ),
        Group(
            _("Written for sequences"),
            _("Begun in the plan of a sequence. They go out where a published sequence mails them."),
            [_line(variant, tested.get(variant.email_id)) for variant in _own()],
        ),
        Group(
            _("To one person, about something of theirs"),
            _("A sign-up, a question, a call that was booked, moved or cancelled."),
            _lines(known, tested, (key for key in ours if key not in TO_COLLEAGUES)),
        ),
        Group(
            _("To colleagues"),
            _("To whoever works here, or is invited to."),
            _lines(known, tested, TO_COLLEAGUES),
        ),
    ]


def worth_keeping() -> QuerySet[Campaign]:
    """Campaigns out of which a preset can be made, the newest first."""
    return Campaign.objects.select_related("email").order_by("-created_at", "-pk")


def _own() -> QuerySet[Variant]:
    """Mails of sequences that staff began."""
    own = Variant.objects.filter(label=STANDING, email__kind=EmailKind.STEP, email__key__isnull=True)
    return own.select_related("email", "current").order_by("email__name", "pk")


def _standing() -> QuerySet[Variant]:
    return Variant.objects.filter(label=STANDING, email__key__isnull=False).select_related("email", "current")


def _lines(known: dict[str | None, Variant], tested: Mapping[int, datetime], keys: Iterable[str]) -> list[Line]:
    found = [known[key] for key in keys if key in known]
    return [_line(variant, tested.get(variant.email_id)) for variant in found]


def _line(variant: Variant, tested_at: datetime | None) -> Line:
    """Most stand as they were saved; only of the others it is asked what is what."""
    if variant.current is not None and variant.current.version == variant.email.version:
        return Line(variant.email, is_changed=False, needs_signature=False, tested_at=tested_at)
    found = signing.standing(variant.email)
    return Line(variant.email, found.is_changed, found.needs_signature, tested_at)
