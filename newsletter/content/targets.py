"""Where buttons and links may lead: a named goal, one of our pages, a link of the recipient's own, or https."""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from newsletter.content import marks
from newsletter.content.models import EmailKind

GOALS = ("call", "direct", "ask")
PAGES = {
    "call": "/book",
    "ask": "/ask",
    "article": "/sciatica",
    "nerve-map": "/sciatica#nerve-map",
}
MARKETING = {"unsubscribe": "unsubscribe", "preferences": "preferences", "booked": "booked", "view": "view"}
TRANSACTIONAL = {
    "confirmation": {"confirm": "confirm_url"},
    "password-reset": {"reset": "reset_url"},
    "staff-invitation": {"invite": "invite_url"},
    "appointment-booked": {"appointment": "appointment"},
    "appointment-moved": {"appointment": "appointment"},
    "appointment-reminder-day": {"appointment": "appointment"},
    "appointment-reminder-hour": {"appointment": "appointment"},
}
LONGEST = 500


class Target(NamedTuple):
    """A click target as it is stored: an address of ours begins with a slash."""

    url: str
    goal: str


def own(kind: str, key: str | None) -> dict[str, str]:
    """Link names that stand for the recipient's own links in an email of this kind, and their marks."""
    if kind == EmailKind.TRANSACTIONAL:
        return TRANSACTIONAL.get(key or "", {})
    return MARKETING


def problem(target: str, allowed: frozenset[str]) -> str | None:
    """Say in plain words why a button or link cannot lead there."""
    if target in GOALS or target in PAGES or target in allowed:
        return None
    if is_web_address(target) or _is_of_a_developer(target):
        return None
    return _why_not(target) % {"target": target[:80]}


def _why_not(target: str) -> str:
    """What is wrong with it, and what to do."""
    scheme = target.partition(":")[0].lower()
    if not target:
        return _("A link has no address. Choose where it leads, or take the link away.")
    if scheme in {"mailto", "tel"}:
        return _("“%(target)s”: a link in a mail opens a page. Write the number or address as words; phones dial it.")
    if scheme == "http":
        return _("“%(target)s” is not safe: browsers warn of it. Use its address that begins with https://.")
    return _(
        "“%(target)s” leads nowhere. Choose a page from the menu, or write a whole address: https:// and the rest."
    )


def is_web_address(target: str) -> bool:
    """Whether this is a plain https address of a public-looking host."""
    if not _is_plain(target):
        return False
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        return False
    named = "." in host.strip(".") and not host.endswith(".invalid")
    return parts.scheme == "https" and named and "@" not in parts.netloc


def _is_plain(target: str) -> bool:
    """Whether nothing in it could be taken for something else than an address."""
    is_short = len(target) <= LONGEST and target.isprintable()
    return is_short and not any(c in target for c in ' <>"\\`{}') and not marks.are_in(target)


def _is_of_a_developer(target: str) -> bool:
    """Whether it is the site's own address while somebody develops: on their machine there is no https."""
    is_own = target == settings.PUBLIC_URL or target.startswith(f"{settings.PUBLIC_URL}/")
    return settings.DEBUG and is_own and _is_plain(target)


def resolve(target: str, *, booking_url: str) -> Target:
    """Where a click leads; without online booking of the clinic's own, booking directly is asking for it."""
    if target == "direct":
        return Target(booking_url, "direct") if booking_url else Target(PAGES["ask"], "ask")
    if target in PAGES:
        return Target(PAGES[target], target if target in GOALS else "page")
    return Target(target, "page")
