"""The audit trail: who did what to what. Written in the transaction of the act itself."""

from accounts.models import AuditEvent, User


def record(act: str, *, subject: str, by: User | None, **detail: object) -> AuditEvent:
    """Append one act, e.g. ``record("campaign.scheduled", subject="campaign:12", by=user, at=...)``."""
    return AuditEvent.objects.create(act=act, subject=subject, by=by, detail=detail)


def forget_reasons(subject: str) -> None:
    """Take out of these acts the words in which staff said why; what was done, by whom and when, stays."""
    for event in AuditEvent.objects.filter(subject=subject, detail__has_key="reason"):
        del event.detail["reason"]
        event.save(update_fields=["detail"])
