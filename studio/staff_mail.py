"""Links in mails to staff, minted at the moment the mail is handed over: nowhere before is a token readable."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import services
from accounts.models import User
from newsletter.deliveries.admission.slots import Filled, Slotted


def fill_password_links(deliveries: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    users = User.objects.in_bulk([delivery.owner for delivery in deliveries])
    return {delivery.id: Filled({"reset_url": _password_link(users[delivery.owner])}) for delivery in deliveries}


def fill_invitations(deliveries: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    return {delivery.id: Filled({"invite_url": _invitation_link(delivery.owner)}) for delivery in deliveries}


def _password_link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return _public("new_password", uid, default_token_generator.make_token(user))


def _invitation_link(invitation_id: int) -> str:
    return _public("welcome", services.mint_token(invitation_id))


def _public(name: str, *args: str) -> str:
    return settings.PUBLIC_URL + reverse(f"studio:{name}", args=args)
