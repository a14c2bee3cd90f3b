"""What the domain name system says of the sender's domain: SPF, DKIM, DMARC."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from clinic.queries import profile
from newsletter.health.findings import Finding, Level
from newsletter.health.resolver import Unreachable, texts
from newsletter.health.setup import domain_of


def findings(selectors: Sequence[str]) -> list[Finding]:
    """What is missing of SPF, DMARC and the named DKIM keys; one note if nothing can be looked up."""
    domain = domain_of(profile().sender_email)
    if not domain:
        return []
    try:
        return list(_look(domain, selectors))
    except Unreachable as error:
        what = _("The set-up of %(domain)s could not be looked up: %(why)s") % {"domain": domain, "why": error}
        return [Finding(what, _("Try again where names can be looked up."), level=Level.NOTE)]


def _look(domain: str, selectors: Sequence[str]) -> Iterator[Finding]:
    spf = [text for text in texts(domain) if text.lower().startswith("v=spf1")]
    if len(spf) != 1:
        yield Finding(
            _("%(domain)s has %(n)d SPF records; it needs exactly one.") % {"domain": domain, "n": len(spf)},
            _("Enter the SPF record that your mail provider names with whoever runs the domain."),
        )
    if not _has_dmarc(domain):
        yield Finding(
            _("%(domain)s has no DMARC record; large mailbox providers want one.") % {"domain": domain},
            _("Enter at least “v=DMARC1; p=none” for _dmarc.%(domain)s.") % {"domain": domain},
        )
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        if not any("p=" in text.replace(" ", "") for text in texts(name)):
            yield Finding(
                _("There is no DKIM key at %(name)s.") % {"name": name},
                _("Enter the key there that mail is signed with, or that your mail provider names."),
            )


def _has_dmarc(domain: str) -> bool:
    """At the domain itself, or at the one it belongs to."""
    parents = [domain, ".".join(domain.split(".")[-2:])]
    return any(text.lower().startswith("v=dmarc1") for name in parents for text in texts(f"_dmarc.{name}"))
