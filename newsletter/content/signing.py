"""The practitioner's name under the mails of the course: which words of which mail it stands under.

A signature is for one version. What was signed goes on going out until somebody publishes other words and signs them.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from clinic import queries as clinic
from newsletter.content import course, revisions
from newsletter.content.models import EmailTemplate, SignOff, Variant
from newsletter.content.queries import STANDING


@dataclass(frozen=True, slots=True)
class Standing:
    """What goes out of an email, against what is saved of it.

    `published_version` is None for an email of which nothing goes out yet. `is_changed`: other words are saved than
    those that go out. `is_signed`: the name stands under the very words that go out. `needs_signature`: publishing
    what is saved asks for a name.
    """

    version: int
    published_version: int | None
    published_at: datetime | None
    signed: SignOff | None
    is_changed: bool
    is_signed: bool
    needs_signature: bool


def standing(email: EmailTemplate) -> Standing:
    """How the email stands, whatever its kind."""
    variant = Variant.objects.filter(email=email, label=STANDING).select_related("current").first()
    current = variant.current if variant else None
    signed = SignOff.objects.filter(email=email).order_by("-pk").first()
    published = current.version if current else None
    is_changed = published is None or not _say_the_same(email, published, email.version)
    was_signed = signed is not None or clinic.profile().content_signed_off_at is not None
    return Standing(
        version=email.version,
        published_version=published,
        published_at=current.compiled_at if current else None,
        signed=signed,
        is_changed=is_changed and published is not None,
        is_signed=signed is not None and published is not None and _say_the_same(email, signed.version, published),
        needs_signature=is_changed and was_signed and is_of_the_course(email),
    )


def _say_the_same(email: EmailTemplate, one: int, other: int) -> bool:
    """Whether two versions have the same words; a version that nobody kept is taken for another one."""
    if one == other:
        return True
    then = [revisions.as_of(email, version) for version in (one, other)]
    is_known = [words.version for words in then] == [one, other]
    said = [(words.subject, words.preheader, words.body) for words in then]
    return is_known and said[0] == said[1]


def is_of_the_course(email: EmailTemplate) -> bool:
    """Whether this mail goes out under the practitioner's name."""
    return email.key in course.SIGNED


def sign(email: EmailTemplate, *, version: int, name: str, by: User, now: datetime) -> SignOff:
    """Write down whose name stands under this version."""
    return SignOff.objects.create(email=email, version=version, name=name, at=now, by=by)


def sign_what_goes_out(name: str, *, by: User, now: datetime) -> int:
    """Sign every mail of the course as it goes out now; how many."""
    found = Variant.objects.filter(email__key__in=course.SIGNED, label=STANDING, current__isnull=False)
    signed = [
        SignOff(email=variant.email, version=variant.current.version, name=name, at=now, by=by)
        for variant in found.select_related("email", "current")
        if variant.current
    ]
    return len(SignOff.objects.bulk_create(signed))
