"""What must not be true of a running system, said by `manage.py check`."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.mail import mailers

from newsletter.deliveries.transport import signing

SHORTEST_PEPPER = 32
OURS = "meridian"
"""The tag of these checks. Senders ask for them alone: the others read every address of the website and the studio."""


@register(OURS)
def demo_stays_at_home(**kwargs: Any) -> list[CheckMessage]:
    """Time may only be bent, and mail only be shown to everybody, where DEBUG is on."""
    if settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    if settings.SEQUENCE_DAY_SECONDS is not None:
        found.append(Error("SEQUENCE_DAY_SECONDS is set, but DEBUG is off.", id="meridian.E001"))
    if settings.DEMO:
        found.append(Error("DEMO is set, but DEBUG is off.", id="meridian.E002"))
    return found


@register(OURS)
def hashed_addresses_cannot_be_guessed(**kwargs: Any) -> list[CheckMessage]:
    """The hashes outlive whom they are of; their one protection is chosen once and can never be changed."""
    if settings.DEBUG or len(settings.ADDRESS_PEPPER) >= SHORTEST_PEPPER:
        return []
    return [Error(f"ADDRESS_PEPPER needs {SHORTEST_PEPPER} characters or more.", id="meridian.E004")]


@register(OURS)
def lanes_lead_somewhere(**kwargs: Any) -> list[CheckMessage]:
    """Every lane hands over to a mail backend that there is, and turns to another one where it turns to one."""
    found: list[CheckMessage] = []
    for lane, options in settings.LANES.items():
        for alias in (options.mailer, options.fail_over):
            if alias and alias not in settings.MAILERS:
                known = ", ".join(sorted(settings.MAILERS))
                found.append(Error(f"The {lane} lane names {alias!r}; MAILERS has {known}.", id="meridian.E005"))
        if options.fail_over == options.mailer:
            found.append(Error(f"The {lane} lane's fail_over is its own mailer.", id="meridian.E006"))
    return found


@register(OURS)
def mailers_can_be_made(**kwargs: Any) -> list[CheckMessage]:
    """A misspelt option of a spare mailer is found out now, and not in the night when the first one is down."""
    return [Error(f"The mailer {alias!r} cannot be made: {why}", id="meridian.E007") for alias, why in _unusable()]


def _unusable() -> Iterator[tuple[str, str]]:
    """Nothing is connected to: a mailer that is made has only read its options."""
    for alias in settings.MAILERS:
        try:
            mailers[alias]
        except Exception as error:  # noqa: BLE001 - whatever a backend of anybody's says of its options
            yield alias, str(error)


@register(OURS)
def signing_keys_can_be_used(**kwargs: Any) -> list[CheckMessage]:
    """A key that cannot be read, or is too short to be believed, is found out before mail is to leave."""
    try:
        signing.signer(settings.DKIM)
    except signing.KeyUnusable as error:
        return [Error(str(error), id="meridian.E008")]
    return []


@register(OURS, deploy=True)
def visitors_come_by_https(**kwargs: Any) -> list[CheckMessage]:
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    return [Error("PUBLIC_URL must begin with https://.", id="meridian.E003")]
