"""What an email said before: a row for each version worth going back to, written in the transaction of the change."""

from copy import copy
from datetime import datetime, timedelta

from newsletter.content import documents
from newsletter.content.models import EmailRevision, EmailTemplate

COALESCED = timedelta(minutes=10)


def begin(email: EmailTemplate) -> None:
    """Keep how an email is before its first change; one whose present version has a row is left alone."""
    if not EmailRevision.objects.filter(email=email, version=email.version).exists():
        _append(email, began_at=email.updated_at, is_kept=True)


def note(email: EmailTemplate, *, restored_from: int | None = None) -> None:
    """Write down what the email says since its last save, into the row of the same sitting if there is one."""
    last = EmailRevision.objects.filter(email=email).order_by("-version").first()
    if last is None or restored_from is not None or not _is_same_sitting(last, email):
        _append(email, began_at=email.updated_at, is_kept=restored_from is not None, restored_from=restored_from)
        return
    last.version, last.saved_at = email.version, email.updated_at
    last.subject, last.preheader, last.body = email.subject, email.preheader, email.body
    last.save(update_fields=["version", "saved_at", "subject", "preheader", "body"])


def keep(email: EmailTemplate) -> None:
    """Let the present words stay as they are for good: they go out, or somebody put their name under them."""
    begin(email)
    EmailRevision.objects.filter(email=email, version=email.version).update(is_kept=True)


def as_of(email: EmailTemplate, version: int) -> EmailTemplate:
    """The email as it was at this version, not to be saved; as it is now when nobody has kept that version."""
    found = EmailRevision.objects.filter(email=email, version=version).first()
    if found is None:
        return email
    then = copy(email)
    then.version, then.subject, then.preheader = found.version, found.subject, found.preheader
    then.body = documents.upgrade(found.body)
    return then


def _is_same_sitting(last: EmailRevision, email: EmailTemplate) -> bool:
    is_mine = last.saved_by_id is not None and last.saved_by_id == email.updated_by_id
    return is_mine and not last.is_kept and email.updated_at - last.began_at < COALESCED


def _append(
    email: EmailTemplate, *, began_at: datetime, is_kept: bool, restored_from: int | None = None
) -> EmailRevision:
    return EmailRevision.objects.create(
        email=email,
        version=email.version,
        subject=email.subject,
        preheader=email.preheader,
        body=email.body,
        began_at=began_at,
        saved_at=email.updated_at,
        saved_by_id=email.updated_by_id,
        is_kept=is_kept,
        restored_from=restored_from,
    )
