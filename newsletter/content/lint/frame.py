"""What the finished mail owes its readers and their mailboxes, whatever it says."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content import colours, marks
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding

LARGE_HTML, LARGEST_HTML = 80 * 1024, 95 * 1024


def owed(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    """What the clinic's profile must say before marketing mail can go."""
    if draft.is_marketing and not profile.postal_address.strip():
        why = _("The law wants a postal address in it. Enter it in the clinic's profile.")
        yield Finding("", why, blocking=True, code="postal_address_missing", fix="open_profile")
    chosen = [colour for colour in (profile.brand_colour, profile.button_colour) if colours.HEX.fullmatch(colour)]
    if any(colours.contrast(colour, colours.PAPER) < colours.READABLE for colour in chosen):
        why = _("The clinic's colour is too pale to be read on paper; a darker one is used in its place.")
        yield Finding("", why, blocking=False, code="low_contrast", fix="open_brand")


def findings(draft: Draft, compiled: Compiled, profile: Clinic) -> Iterator[Finding]:
    """What the compiled parts lack, or have too much of."""
    if not compiled.text.strip():
        yield Finding("", _("Its plain text part is empty."), blocking=True, code="text_empty")
    if draft.is_marketing:
        yield from _ways_to_stop(compiled)
        yield from _postal_address(compiled, profile)
    yield from _size(compiled)


def _ways_to_stop(compiled: Compiled) -> Iterator[Finding]:
    way_out = marks.link("unsubscribe")
    if way_out not in compiled.html or way_out not in compiled.text:
        why = _("There is no way to unsubscribe in it. The law wants one, and so do mailboxes.")
        yield Finding("", why, blocking=True, code="unsubscribe_missing")


def _postal_address(compiled: Compiled, profile: Clinic) -> Iterator[Finding]:
    lines = profile.postal_address.split("\n")
    if lines[0].strip() and lines[0].strip() not in compiled.text:
        why = _("The postal address does not stand in its plain text part.")
        yield Finding("", why, blocking=True, code="postal_address_missing")


def _size(compiled: Compiled) -> Iterator[Finding]:
    size = len(compiled.html.encode())
    if size > LARGE_HTML:
        why = _("It is %(size)s KB large. Mailboxes cut off what is over 100 KB, the way to unsubscribe included.")
        yield Finding("", why % {"size": size // 1024}, blocking=size > LARGEST_HTML, code="too_large")
