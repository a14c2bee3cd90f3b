"""An email's versions as staff look at them: when, by whom, what became of each."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, F, Q

from newsletter.content.models import CompiledEmail, EmailKind, EmailRevision, EmailTemplate, SignOff
from newsletter.content.pictures import queries as pictures
from newsletter.content.queries import STANDING
from studio import words
from studio.queries import writing

PUBLISHED = (EmailKind.STEP, EmailKind.TRANSACTIONAL)


@dataclass(slots=True)
class Entry:
    """One version. `words` may be unsaved: an email that nobody has changed has no row for its version."""

    words: EmailRevision
    is_present: bool
    frozen_at: datetime | None = None
    goes_out: bool = False
    signed: list[SignOff] = field(default_factory=list)

    @property
    def pk(self) -> int | None:
        return self.words.pk

    @property
    def who(self) -> str:
        return str(self.words.saved_by or "")


def entries(email: EmailTemplate) -> list[Entry]:
    """Every version that is kept, the newest first."""
    found = {row.version: Entry(row, row.version == email.version) for row in _rows(email)}
    goes_out = Q(pk=F("variant__current"), variant__email__kind__in=PUBLISHED)
    frozen = CompiledEmail.objects.filter(variant__email=email, variant__label=STANDING).annotate(
        goes_out=ExpressionWrapper(goes_out, output_field=BooleanField())
    )
    for revision in frozen.order_by("number").only("version", "compiled_at"):
        if revision.version in found:
            found[revision.version].frozen_at = revision.compiled_at
            found[revision.version].goes_out = revision.goes_out
    for signed in SignOff.objects.filter(email=email).order_by("pk"):
        if signed.version in found:
            found[signed.version].signed.append(signed)
    return [found[version] for version in sorted(found, reverse=True)]


def names() -> dict[str, str]:
    """What people call pictures, the places that links lead to, and merge fields."""
    merged = {f"{{{{ {name} }}}}": str(label) for name, label in words.FIELDS.items()}
    drawings = {name: str(label) for name, label in writing.DRAWINGS.items()}
    places = {name: str(label) for name, label in writing.TARGETS.items()}
    return merged | drawings | places | {picture.reference: picture.label for picture in pictures.library()}


def _rows(email: EmailTemplate) -> list[EmailRevision]:
    rows = list(EmailRevision.objects.filter(email=email).select_related("saved_by").defer("body"))
    if all(row.version != email.version for row in rows):
        rows.append(
            EmailRevision(
                email=email,
                version=email.version,
                subject=email.subject,
                preheader=email.preheader,
                body=email.body,
                began_at=email.updated_at,
                saved_at=email.updated_at,
                saved_by=email.updated_by,
            )
        )
    return rows
