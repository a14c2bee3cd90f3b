"""The letters of the course as they would leave now, and what became of a test of them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from newsletter.content import course, signing
from newsletter.content.signing import Standing
from newsletter.deliveries.models import Kind
from newsletter.models import CompiledEmail, Delivery, Outcome, Variant


def letters() -> list[Variant]:
    """In the order of the course."""
    found = {variant.email.key: variant for variant in _frozen()}
    return [found[key] for key in course.SIGNED if key in found]


@dataclass(frozen=True, slots=True)
class Signed:
    """One letter, and how what goes out of it stands against what is saved and what was signed."""

    variant: Variant
    standing: Standing


def signed() -> list[Signed]:
    """The letters in the order of the course, with whose name stands under what."""
    return [Signed(variant, signing.standing(variant.email)) for variant in letters()]


def letter(pk: int) -> CompiledEmail | None:
    """The revision of this letter that leaves now."""
    variant = _frozen().filter(pk=pk).first()
    return variant.current if variant else None


def _frozen() -> QuerySet[Variant]:
    frozen = Variant.objects.filter(email__key__in=course.SIGNED, label="A", current__isnull=False)
    return frozen.select_related("email", "current")


@dataclass(frozen=True, slots=True)
class Tested:
    """A test mail to a member of staff: what became of it, or None while it waits."""

    outcome: Outcome | None


def latest_test(staff_id: int) -> Tested | None:
    """The last test mail that was planned for this member of staff."""
    planned = Delivery.objects.filter(kind=Kind.TEST, staff_id=staff_id).order_by("-item").first()
    return Tested(Outcome.objects.filter(pk=planned.pk).first()) if planned else None
