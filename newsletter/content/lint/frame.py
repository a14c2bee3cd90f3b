"""What the finished mail owes its readers and their mailboxes, whatever it says."""

import re
from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Clinic
from newsletter.content import colours, marks, targets
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import said

LARGE_HTML, LARGEST_HTML = 80 * 1024, 95 * 1024
FOR_SOME = re.compile(rf"{marks.OPEN}{marks.OPENING}/.*?{marks.OPEN}{marks.CLOSING}/\d+{marks.CLOSE}", re.DOTALL)
WITHOUT: dict[str, Promise] = {
    "confirm": gettext_lazy("Nobody can confirm their address with it: a button or a link to “Confirming the address”"),
    "reset": gettext_lazy("Nobody can choose a new password with it: a button or a link to “Choosing a new password”"),
    "invite": gettext_lazy("Nobody can begin to work here with it: a button or a link to “Accepting the invitation”"),
    "appointment": gettext_lazy("Nobody can change their appointment with it: a link to “The reader's appointment”"),
}
"""What a mail is of no use without, by the name of the link."""


def owed(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    """What the clinic's profile must say before marketing mail can go."""
    if draft.is_marketing and not profile.postal_address.strip():
        why = _("The law wants a postal address in it. Enter it in the clinic's profile.")
        yield Finding(_("The clinic's profile"), why, blocking=True, code="postal_address_missing", fix="open_profile")
    chosen = [colour for colour in (profile.brand_colour, profile.button_colour) if colours.HEX.fullmatch(colour)]
    if any(colours.contrast(colour, colours.PAPER) < colours.READABLE for colour in chosen):
        why = _("The clinic's colour is too pale to be read on paper; a darker one is used in its place.")
        yield Finding(_("The brand page"), why, blocking=False, code="low_contrast", fix="open_brand")


def findings(draft: Draft, compiled: Compiled, profile: Clinic) -> Iterator[Finding]:
    """What the compiled parts lack, or have too much of."""
    if not compiled.text.strip():
        yield Finding(said.whole(), _("Its plain text part is empty."), blocking=True, code="text_empty")
    if draft.is_marketing:
        yield from _ways_to_stop(compiled)
        yield from _postal_address(compiled, profile)
    else:
        yield from _own_way(draft, compiled)
    yield from _size(draft, compiled)


def _ways_to_stop(compiled: Compiled) -> Iterator[Finding]:
    way_out = marks.link("unsubscribe")
    if way_out not in compiled.html or way_out not in compiled.text:
        why = _("There is no way to unsubscribe in it. The law wants one, and so do mailboxes.")
        yield Finding(said.whole(), why, blocking=True, code="unsubscribe_missing")


def _own_way(draft: Draft, compiled: Compiled) -> Iterator[Finding]:
    """The link that this mail is for, where everybody sees it."""
    html, text = (FOR_SOME.sub("", part) for part in (compiled.html, compiled.text))
    for name, mark in targets.own(draft.kind, draft.key).items():
        if marks.link(mark) not in html or marks.link(mark) not in text:
            why = WITHOUT[name] + " " + _("is missing, or not shown to everybody.")
            yield Finding(said.whole(), why, blocking=True, code="own_link_missing")


def _postal_address(compiled: Compiled, profile: Clinic) -> Iterator[Finding]:
    lines = profile.postal_address.split("\n")
    if lines[0].strip() and lines[0].strip() not in compiled.text:
        why = _("The postal address does not stand in its plain text part.")
        yield Finding(said.whole(), why, blocking=True, code="postal_address_missing")


def _size(draft: Draft, compiled: Compiled) -> Iterator[Finding]:
    """It leads to the longest block: where shortening helps most."""
    size = len(compiled.html.encode())
    if size <= LARGE_HTML:
        return
    why = _("It is %(size)s KB large. Mailboxes cut off what is over 100 KB, the way to unsubscribe included.")
    longest = max(draft.body["blocks"], key=lambda block: len(str(block)), default=None)
    is_too_large = size > LARGEST_HTML
    block = str(longest.get("id", "")) if longest else ""
    yield Finding(said.whole(), why % {"size": size // 1024}, is_too_large, code="too_large", block=block)
