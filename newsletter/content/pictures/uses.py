"""Where a picture is used: in drafts, in what they once said, in saved blocks, in mails that went out, in the brand."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from clinic.queries import profile
from newsletter.content.models import CompiledEmail, EmailRevision, EmailTemplate, SavedBlock
from newsletter.content.pictures.holding import REFERENCE
from newsletter.content.pictures.models import Picture

Left = Callable[[Collection[int]], set[int]]

DRAFTED = "SELECT body::text FROM newsletter_emailtemplate WHERE body::text LIKE %s"


_left: list[Left] = []


def whoever_knows_what_left(left: Left) -> None:
    """Register who tells which frozen revisions may lie in somebody's mailbox."""
    if left not in _left:
        _left.append(left)


@dataclass(frozen=True)
class Use:
    """`what` says where, for staff; `email_id` is the email's, if it is one."""

    what: str
    email_id: int | None = None


def of(picture: Picture) -> list[Use]:
    """Every place that shows this picture, or can be brought back and would show it."""
    return list(_of(picture))


def in_drafts() -> Counter[str]:
    """How many emails, as they are written now, show each picture of the library; by reference."""
    with connection.cursor() as cursor:
        cursor.execute(DRAFTED, ['%"p/%'])
        return Counter(f"p/{name}" for (body,) in cursor.fetchall() for name in set(REFERENCE.findall(body)))


def _of(picture: Picture) -> Iterator[Use]:
    brand = profile()
    if picture.reference == brand.logo:
        yield Use(_("the clinic's logo"))
    if picture.reference == brand.signature_picture:
        yield Use(_("the portrait of the signature"))
    yield from _emails(picture)
    for block in _saying(SavedBlock.objects.order_by("name"), "block", picture.reference):
        yield Use(_("the saved block “%(name)s”") % {"name": block.name})


def _emails(picture: Picture) -> Iterator[Use]:
    """Each email once, by the strongest reason."""
    drafted = _saying(EmailTemplate.objects.all(), "body", picture.reference).values_list("pk", flat=True)
    frozen = _frozen(picture)
    revised = _saying(EmailRevision.objects.all(), "body", picture.reference)
    reasons = dict.fromkeys(revised.values_list("email_id", flat=True), _("an earlier version of “%(name)s”"))
    reasons |= dict.fromkeys(frozen, _("“%(name)s”, as it goes out or went out"))
    reasons |= dict.fromkeys(drafted, _("“%(name)s”"))
    for email in EmailTemplate.objects.filter(pk__in=reasons).order_by("name", "pk"):
        yield Use(reasons[email.pk] % {"name": email.name}, email.pk)


def _frozen(picture: Picture) -> list[int]:
    """The emails of which a frozen revision shows it that goes out, or that somebody may have."""
    showing = CompiledEmail.objects.filter(html__contains=f"/media/{picture.name}")
    found = showing.annotate(current=F("variant__current_id"), email=F("variant__email_id"))
    rows = list(found.values_list("pk", "current", "email"))
    old = [pk for pk, current, _email in rows if pk != current]
    left = set().union(*(source(old) for source in _left)) if old else set()
    return [email for pk, current, email in rows if pk == current or pk in left]


def _saying(rows: QuerySet, field: str, words: str) -> QuerySet:
    """The rows whose document names the picture."""
    return rows.annotate(said=Cast(field, TextField())).filter(said__contains=words)
