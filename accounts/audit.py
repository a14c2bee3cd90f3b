"""The audit trail: who did what to what. Written in the transaction of the act itself."""

from accounts.models import AuditEvent, User


def record(act: str, *, subject: str, by: User | None, **detail: object) -> AuditEvent:
    """Append one act, e.g. ``record("campaign.scheduled", subject="campaign:12", by=user, at=...)``."""
    return AuditEvent.objects.create(act=act, subject=subject, by=by, detail=detail)
