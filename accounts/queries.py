"""What others ask about staff."""

import hashlib
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import AuditEvent, Invitation, User


def staff() -> QuerySet[User]:
    """Everybody who ever worked here, those who may sign in first."""
    return User.objects.order_by("-is_active", "name")


def active_by_email(email: str) -> User | None:
    """The member of staff who may sign in with this address."""
    return User.objects.filter(email=email.strip().lower(), is_active=True).first()


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    """Invitations that can still be taken up, the newest first."""
    return (
        Invitation.objects.filter(accepted_at__isnull=True, expires_at__gt=now)
        .select_related("invited_by")
        .order_by("-created_at")
    )


def invitation_by_token(token: str, *, now: datetime) -> Invitation | None:
    """The open invitation that this link is for."""
    return open_invitations(now).filter(token_hash=token_hash(token)).first()


def acts_on(subject: str) -> QuerySet[AuditEvent]:
    """What staff did to this subject, e.g. ``lead:12``, the newest first."""
    return AuditEvent.objects.filter(subject=subject).select_related("by").order_by("-at")


def token_hash(token: str) -> bytes:
    """The form in which an invitation's token rests in the database."""
    return hashlib.sha256(token.encode()).digest()
