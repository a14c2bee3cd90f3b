"""Acts on the team that end in a mail: inviting a colleague, and the link for a forgotten password."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import queries, services
from accounts.models import Invitation, Role, User
from newsletter.content.queries import transactional
from newsletter.deliveries.models import Batch, Kind, Lane
from newsletter.deliveries.services import Planned, Row, plan

RESET_MAIL_LASTS = timedelta(hours=1)
RESET_MAILS_AN_HOUR = 5


@transaction.atomic
def invite(email: str, *, name: str, role: Role, by: User, now: datetime) -> Invitation:
    """Invite a colleague and plan the mail; raises accounts.services.AlreadyStaff."""
    invitation = services.invite(email, name=name, role=role, by=by, now=now)
    plan(
        Planned(Kind.INVITATION, invitation.pk, Lane.TRANSACTIONAL, expires_at=invitation.expires_at),
        [Row(owner=invitation.pk, item=0, variant_id=transactional("staff-invitation").pk)],
        due_at=now,
        now=now,
    )
    return invitation


@transaction.atomic
def send_password_link(email: str, *, now: datetime) -> None:
    """Plan the mail with the link, if somebody signs in with this address; at most one a minute and five an hour."""
    user = queries.active_by_email(email)
    if user is None or _asked_lately(user, now) >= RESET_MAILS_AN_HOUR:
        return
    plan(
        Planned(Kind.STAFF, user.pk, Lane.TRANSACTIONAL, expires_at=now + RESET_MAIL_LASTS),
        [
            Row(
                owner=user.pk,
                item=int(now.timestamp()) // 60,
                variant_id=transactional("password-reset").pk,
                staff_id=user.pk,
            )
        ],
        due_at=now,
        now=now,
    )


def _asked_lately(user: User, now: datetime) -> int:
    since = now - timedelta(hours=1)
    return Batch.objects.filter(kind=Kind.STAFF, owner_id=user.pk, planned_at__gt=since).count()
