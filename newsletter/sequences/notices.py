"""What a step asks a person to do for somebody: it stands on the call list until one of the staff says that it is done.

A notice belongs to a way, so it is about whoever that way is: of two who turn out to be one, the one who is kept. Who
is erased takes theirs along.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import User
from leads.models import Lead
from newsletter.sequences.models import Notice


def every() -> QuerySet[Notice]:
    """With whom it is about, what asks, and who has done it."""
    return Notice.objects.select_related("enrolment__lead", "enrolment__sequence", "handled_by")


def waiting() -> QuerySet[Notice]:
    """What nobody has done yet; who has waited longest comes first."""
    return every().filter(handled_at=None).order_by("at", "pk")


def handled() -> QuerySet[Notice]:
    """What is done, the latest first."""
    return every().filter(handled_at__isnull=False).order_by("-handled_at", "-pk")


def of_lead(lead: Lead) -> QuerySet[Notice]:
    """Everything that was asked for this person, done or not, the newest first."""
    return every().filter(enrolment__lead=lead).order_by("-at", "-pk")


@transaction.atomic
def handle(notice: Notice, *, by: User, now: datetime) -> bool:
    """Say that it is done; False if a colleague was faster, or the person was erased."""
    done = Notice.objects.filter(pk=notice.pk, handled_at=None).update(handled_at=now, handled_by=by)
    if done:
        audit.record("notice.handled", subject=f"notice:{notice.pk}", by=by)
    return bool(done)


@transaction.atomic
def reopen(notice: Notice, *, by: User) -> bool:
    """Put it back on the call list."""
    changed = Notice.objects.filter(pk=notice.pk, handled_at__isnull=False).update(handled_at=None, handled_by=None)
    if changed:
        audit.record("notice.reopened", subject=f"notice:{notice.pk}", by=by)
    return bool(changed)


def forget(lead: Lead) -> None:
    """Nothing is asked for who is erased. Their ways have ended and are held: no step asks once more."""
    Notice.objects.filter(enrolment__lead=lead).delete()
