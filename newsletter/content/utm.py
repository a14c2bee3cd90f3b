"""Campaign parameters: what the websites behind our links are told about where a visitor comes from.

They are put on web links when an email is frozen, so they survive the redirect of a counted click. A link's own
parameters stay and win; our own pages know where their visitors come from and get none. No value names a condition:
the websites that are linked to, and whoever measures for them, have no business knowing.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote_plus, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from newsletter.content.lint import claims

NAMES = ("utm_source", "utm_medium", "utm_campaign")
LONGEST = 60

Tags = tuple[tuple[str, str], ...]
Link = dict[str, str]


def tags(values: Mapping[str, str]) -> Tags:
    """Those of these values that can be put on a link, in their order."""
    return tuple((name, value) for name in NAMES if (value := values.get(name, "").strip()) and not problem(value))


def problem(value: str) -> str | None:
    """Say in plain words why a value cannot be put on links."""
    if not value.isprintable() or len(value) > LONGEST:
        return _("Use at most %(most)s letters, digits and hyphens.") % {"most": LONGEST}
    named = claims.named("condition", value.replace("_", " "))
    if named:
        return _("“%(word)s” would tell other websites what the reader has. Leave it out.") % {"word": named}
    return None


def tagged(links: Iterable[Link], chosen: Tags) -> list[Link]:
    """These links with the parameters on those that lead to other websites."""
    return [{**link, "url": tag(link["url"], chosen)} for link in links]


def tag(url: str, chosen: Tags) -> str:
    """One address with the parameters that it does not have yet."""
    if not chosen or _is_ours(url):
        return url
    parts = urlsplit(url)
    there = {name.lower() for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    added = [f"{name}={quote_plus(value)}" for name, value in chosen if name not in there]
    return urlunsplit(parts._replace(query="&".join([*filter(None, [parts.query]), *added])))


def _is_ours(url: str) -> bool:
    host = urlsplit(url).hostname
    return url.startswith("/") or not host or host == urlsplit(settings.PUBLIC_URL).hostname
