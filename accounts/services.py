"""Taking staff in, changing what they may do, and letting them go. Each act is in the audit trail."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit, queries
from accounts.models import Invitation, Role, User

INVITATION_LASTS = timedelta(days=7)


class AlreadyStaff(ValueError):
    """Somebody signs in with this address already."""


class LastOwner(ValueError):
    """Without this person nobody could manage the team any more."""


@transaction.atomic
def create_owner(email: str, *, name: str, password: str) -> User:
    """The first member of staff; raises AlreadyStaff."""
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AlreadyStaff(email)
    user = User.objects.create_user(email, password, name=name, role=Role.OWNER)
    audit.record("staff.created", subject=f"user:{user.pk}", by=None, role=Role.OWNER)
    return user


@transaction.atomic
def invite(email: str, *, name: str, role: Role, by: User, now: datetime) -> Invitation:
    """Invite a colleague, or invite them anew; raises AlreadyStaff.

    The link's token is minted when the mail is written (`mint_token`), so it rests nowhere readable.
    """
    if queries.active_by_email(email):
        raise AlreadyStaff(email)
    Invitation.objects.filter(email=email.strip().lower(), accepted_at__isnull=True).update(expires_at=now)
    invitation = Invitation.objects.create(
        email=email.strip().lower(),
        name=name,
        role=role,
        invited_by=by,
        created_at=now,
        expires_at=now + INVITATION_LASTS,
    )
    audit.record("staff.invited", subject=f"invitation:{invitation.pk}", by=by, email=invitation.email, role=role)
    return invitation


def mint_token(invitation_id: int) -> str:
    """A new random token for the invitation's link; an older link stops working."""
    token = secrets.token_urlsafe(24)
    Invitation.objects.filter(pk=invitation_id).update(token_hash=queries.token_hash(token))
    return token


@transaction.atomic
def accept(invitation: Invitation, *, name: str, password: str, now: datetime) -> User:
    """Take the invitation up: the colleague can sign in from now on. Somebody who left comes back the same way."""
    user = User.objects.filter(email=invitation.email).first() or User(email=invitation.email)
    user.name, user.role, user.is_active = name, invitation.role, True
    user.set_password(password)
    user.save()
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=now, token_hash=None)
    audit.record("staff.joined", subject=f"user:{user.pk}", by=user, invitation=invitation.pk)
    return user


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User, now: datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=now, token_hash=None)
    audit.record("staff.invitation_withdrawn", subject=f"invitation:{invitation.pk}", by=by)


@transaction.atomic
def set_password(user: User, *, password: str) -> None:
    """Give a new password: sessions that began with the old one end."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("staff.password_changed", subject=f"user:{user.pk}", by=user)


@transaction.atomic
def rename(user: User, *, name: str) -> None:
    user.name = name
    user.save(update_fields=["name"])
    audit.record("staff.renamed", subject=f"user:{user.pk}", by=user)


@transaction.atomic
def change_role(user: User, *, role: Role, by: User) -> None:
    """Change what somebody may do; raises LastOwner."""
    before = user.role
    if role != Role.OWNER:
        _keep_an_owner(without=user)
    user.role = role
    user.save(update_fields=["role"])
    audit.record("staff.role_changed", subject=f"user:{user.pk}", by=by, before=before, after=role)


@transaction.atomic
def deactivate(user: User, *, by: User) -> None:
    """Let somebody go: their sessions end, what they did stays theirs; raises LastOwner."""
    _keep_an_owner(without=user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record("staff.deactivated", subject=f"user:{user.pk}", by=by)


@transaction.atomic
def reactivate(user: User, *, by: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("staff.reactivated", subject=f"user:{user.pk}", by=by)


def _keep_an_owner(*, without: User) -> None:
    """Lock the owners, so that two of them cannot go at the same moment."""
    owners = User.objects.filter(role=Role.OWNER, is_active=True).select_for_update()
    others = [owner for owner in owners if owner.pk != without.pk]
    if without.role == Role.OWNER and without.is_active and not others:
        raise LastOwner(_("Make somebody else an owner first."))
