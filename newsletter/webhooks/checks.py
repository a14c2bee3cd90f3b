"""Webhooks must not be open to everybody: whoever can post a bounce can stop a person's mail."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.urls import NoReverseMatch, reverse

from newsletter.webhooks.size import secrets

SHORTEST_SECRET = 16


@register()
def webhooks_are_guarded(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or not _are_routed():
        return []
    found = secrets()
    if found and all(_is_fit(secret) for secret in found):
        return []
    return [
        Error(
            "The mail provider's webhooks are routed without a fit secret.",
            hint=f"Set ANYMAIL_WEBHOOK_SECRET to name:password, the password of {SHORTEST_SECRET} characters or more.",
            id="meridian.E010",
        )
    ]


def _are_routed() -> bool:
    try:
        reverse("anymail:postmark_tracking_webhook")
    except NoReverseMatch:
        return False
    return True


def _is_fit(secret: str) -> bool:
    name, _, password = secret.partition(":")
    return bool(name) and len(password) >= SHORTEST_SECRET
