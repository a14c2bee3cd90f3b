"""The practitioner's name under the mails of the course: which words of which mail it stands under.

A signature is for one version. What was signed goes on going out until somebody publishes other words and signs them.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from clinic import queries as clinic
from newsletter.content import course
from newsletter.content.models import EmailTemplate, SignOff, Variant
from newsletter.content.services import STANDING


@dataclass(frozen=True, slots=True)
class Standing:
    """What goes out of an email, against what is saved of it.

    `published_version` is None for an email of which nothing goes out yet. `is_signed`: the name stands under the
    very words that go out. `needs_signature`: publishing what is saved asks for a name.
    """

    version: int
    published_version: int | None
    published_at: datetime | None
    signed: SignOff | None
    needs_signature: bool

    @property
    def is_changed(self) -> bool:
        """Something is saved that does not go out."""
        return self.published_version is not None and self.published_version != self.version

    @property
    def is_signed(self) -> bool:
        return self.signed is not None and self.signed.version == self.published_version


def standing(email: EmailTemplate) -> Standing:
    """How the email stands, whatever its kind."""
    variant = Variant.objects.filter(email=email, label=STANDING).select_related("current").first()
    current = variant.current if variant else None
    signed = SignOff.objects.filter(email=email).order_by("-pk").first()
    published = current.version if current else None
    is_owed = is_of_the_course(email) and (signed is not None or clinic.profile().content_signed_off_at is not None)
    return Standing(
        version=email.version,
        published_version=published,
        published_at=current.compiled_at if current else None,
        signed=signed,
        needs_signature=is_owed and published != email.version,
    )


def is_of_the_course(email: EmailTemplate) -> bool:
    """Whether this mail goes out under the practitioner's name."""
    return email.key in course.KEYS


def sign(email: EmailTemplate, *, version: int, name: str, by: User, now: datetime) -> SignOff:
    """Write down whose name stands under this version."""
    return SignOff.objects.create(email=email, version=version, name=name.strip()[:120], at=now, by=by)


def sign_what_goes_out(name: str, *, by: User, now: datetime) -> int:
    """Sign every mail of the course as it goes out now; how many."""
    found = Variant.objects.filter(email__key__in=course.KEYS, label=STANDING, current__isnull=False)
    signed = [
        SignOff(email=variant.email, version=variant.current.version, name=name, at=now, by=by)
        for variant in found.select_related("email", "current")
        if variant.current
    ]
    return len(SignOff.objects.bulk_create(signed))
