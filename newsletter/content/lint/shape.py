"""How an email is made: red flags beside symptoms, sources beside numbers, one clear button, words beside pictures."""

import re
from collections.abc import Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import claims, said
from newsletter.content.lint.said import Said
from newsletter.content.models import Topic

NUMBER = re.compile(
    r"\d[\d.,]{0,15}\s?%|\bper ?cent\b|\b\d+ (?:in|out of) \d+\b|\b\d[\d.,]{0,15} (?:people|patients|mm|weeks)\b",
    re.IGNORECASE,
)
SOURCE = re.compile(r"\bsources?:|\([^()]*\b(?:19|20)\d\d\b[^()]*\)|\bNHS\b|\bNICE\b", re.IGNORECASE)
FEW_WORDS = 20


def findings(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    yield from _empty(draft)
    yield from _red_flags(draft)
    yield from _numbers(draft)
    yield from _pictures(draft)
    yield from _buttons(draft, profile)


def _empty(draft: Draft) -> Iterator[Finding]:
    if not draft.body["blocks"]:
        yield Finding("", _("The email is empty."), blocking=True, code="empty")


def _red_flags(draft: Draft) -> Iterator[Finding]:
    kinds = {block["type"] for block in draft.body["blocks"]}
    if "red_flags" in kinds or not draft.is_marketing:
        return
    pieces = list(said.body(draft))
    is_sciatica = draft.topic == Topic.COURSE or any(claims.named("sciatica", piece.usual) for piece in pieces)
    for piece in pieces:
        named = claims.named("symptoms", piece.usual)
        if named:
            why = _("It speaks of symptoms (“%(word)s”). Add the red-flag box, for those who must not wait.")
            yield _at(piece, "red_flags_missing", why % {"word": named}, blocking=is_sciatica, fix="add_red_flags")
            return


def _numbers(draft: Draft) -> Iterator[Finding]:
    """A number's source stands in the same piece, or opens the next one."""
    pieces = list(said.body(draft))
    for piece, following in pairwise([*pieces, Said("", "")]):
        number = NUMBER.search(piece.usual)
        sourced = SOURCE.search(piece.usual) or SOURCE.match(following.usual)
        if number and not sourced:
            why = _("Name the source beside the number (“%(number)s”), in a line that begins with “Source:”.")
            yield _at(piece, "number_without_source", why % {"number": number[0]}, fix="add_source")


def _pictures(draft: Draft) -> Iterator[Finding]:
    images = [block for block in draft.body["blocks"] if block["type"] == "image"]
    words = sum(len(piece.usual.split()) for piece in said.body(draft) if piece.field not in {"alt", "label"})
    if images and words < FEW_WORDS:
        why = _("It is almost only a picture. Many readers see no pictures at first, and filters distrust such mail.")
        yield Finding("", why, blocking=False, code="image_only", block=str(images[0].get("id", "")))


def _buttons(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    buttons = [block for block in draft.body["blocks"] if block["type"] == "button"]
    if draft.is_marketing and len(buttons) != 1:
        why = _("One button is best: the reader sees one clear next step. The other ways out are below it anyway.")
        yield Finding("", why, blocking=False, code="buttons")
    direct = next((block for block in buttons if block.get("target") == "direct"), None)
    if direct and not profile.booking_url:
        why = _("The clinic's profile has no address for online booking, so the button leads to the question form.")
        block = str(direct.get("id", ""))
        yield Finding("", why, blocking=False, code="no_online_booking", block=block, fix="open_profile")


def _at(piece: Said, code: str, why: str, *, blocking: bool = False, fix: str = "") -> Finding:
    return Finding(piece.where, why, blocking, code=code, block=piece.block, field=piece.field, fix=fix)
