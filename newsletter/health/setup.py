"""What is set in a way that mail suffers from."""

from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.queries import profile
from newsletter import tokens
from newsletter.health.findings import Finding, Level
from newsletter.rendering import links

LONGEST_URL = 75
NOWHERE = ("localhost", "example", "invalid", "test", "local")


def look(now: datetime) -> Iterator[Finding]:
    yield from _links()
    yield from _sender()


def _links() -> Iterator[Finding]:
    url = settings.PUBLIC_URL + links.path("unsubscribe", "x" * tokens.LENGTH)
    if len(url) > LONGEST_URL:
        yield Finding(
            _("The links to unsubscribe have %(n)d characters; some programs break them after 75.") % {"n": len(url)},
            _("Take a shorter host name for PUBLIC_URL."),
        )
    if not settings.DEBUG and _is_nowhere(urlsplit(settings.PUBLIC_URL).hostname or ""):
        yield Finding(
            _("Links in mails lead to %(url)s, which nobody outside can reach.") % {"url": settings.PUBLIC_URL},
            _("Set PUBLIC_URL to the address at which visitors reach the site."),
        )


def _sender() -> Iterator[Finding]:
    clinic = profile()
    if not clinic.postal_address.strip():
        yield Finding(
            _("The clinic has no postal address, which the law wants in every marketing mail."),
            _("Fill it in under Setup, The clinic's profile."),
            room="setup_profile",
        )
    if not clinic.sender_email:
        yield Finding(
            _("The clinic has no sender address."),
            _("Fill it in under Setup, The clinic's profile."),
            room="setup_profile",
        )
    elif not settings.DEBUG and _is_nowhere(domain_of(clinic.sender_email)):
        yield Finding(
            _("Mail comes from %(address)s, a domain that does not exist.") % {"address": clinic.sender_email},
            _("Enter an address of a domain that is yours."),
            room="setup_profile",
        )
    staff_from = domain_of(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    if not settings.DEBUG and _is_nowhere(staff_from):
        yield Finding(
            _("Mail to staff comes from %(address)s.") % {"address": settings.DEFAULT_FROM_EMAIL},
            _("Set DEFAULT_FROM_EMAIL to an address of a domain that is yours."),
            level=Level.NOTE,
        )


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _is_nowhere(host: str) -> bool:
    return not host or host.rpartition(".")[2] in NOWHERE
