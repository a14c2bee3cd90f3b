"""How an email is made: red flags beside symptoms, sources beside numbers, one clear button, words beside pictures."""

import re
from collections.abc import Iterator
from itertools import pairwise

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content import blocks
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import claims, said
from newsletter.content.lint.said import Said
from newsletter.content.models import Topic

COUNT = r"(?:\d[\d,]{0,6}|one|two|three|four|five|six|seven|eight|nine|ten)"
NUMBER = re.compile(
    r"\d[\d.,]{0,15}\s?%(?! off\b)|\bper ?cent\b|\b\d[\d.,]{0,15} (?:people|patients|mm|weeks)\b"
    rf"|\b{COUNT} (?:in|out of|of every) {COUNT}\b(?! (?:minute|hour|day|week|month|year|step|click)s?\b)"
    r"|\b(?:half|thirds?|quarters?|most) of (?:all |our )?(?:people|patients)\b",
    re.IGNORECASE,
)
SOURCE = re.compile(r"\bsources?:|\([^()]*\b(?:19|20)\d\d\b[^()]*\)|\bNHS\b|\bNICE\b", re.IGNORECASE)
FEW_WORDS = 20


def findings(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    yield from _empty(draft)
    yield from _red_flags(draft)
    yield from _numbers(draft)
    yield from _trials(draft)
    yield from _pictures(draft)
    yield from _buttons(draft, profile)


def _empty(draft: Draft) -> Iterator[Finding]:
    if not draft.body["blocks"]:
        yield Finding(said.whole(), _("The email is empty."), blocking=True, code="empty")
    elif all(blocks.condition(block) for block in draft.body["blocks"]):
        why = _("Every block is only for some. Whoever none of them is for gets a letter without any words.")
        yield Finding(said.whole(), why, blocking=False, code="empty_for_some")


def _red_flags(draft: Draft) -> Iterator[Finding]:
    """Whoever reads of symptoms sees the box: one for everybody, or one for the same readers as the words."""
    boxes = [block for block in draft.body["blocks"] if block["type"] == "red_flags"]
    seen_by = {blocks.condition(box) for box in boxes}
    if None in seen_by or not draft.is_marketing:
        return
    pieces = list(said.everything(draft))
    unwarned = (piece for piece in pieces if piece.only not in seen_by)
    spoken = next(((piece, word) for piece in unwarned if (word := _named("symptoms", piece))), None)
    if spoken is None:
        return
    is_sciatica = draft.topic == Topic.COURSE or any(_named("sciatica", piece) for piece in pieces)
    if boxes:
        why = _("The red-flag box is only for some; others read of symptoms (“%(word)s”) too. Show it to everybody.")
        where = blocks.place(draft.body["blocks"].index(boxes[0]) + 1, boxes[0])
        piece, fix = Said(where, "", str(boxes[0].get("id", "")), "only"), "show_to_all"
    else:
        why = _("It speaks of symptoms (“%(word)s”). Add the red-flag box, for those who must not wait.")
        piece, fix = spoken[0], "add_red_flags"
    yield _at(piece, "red_flags_missing", why % {"word": spoken[1]}, blocking=is_sciatica, fix=fix)


def _named(of: str, piece: Said) -> str:
    return next((word for reading in piece.readings if (word := claims.named(of, reading))), "")


def _numbers(draft: Draft) -> Iterator[Finding]:
    """A number's source stands in the same piece, or opens the next one."""
    pieces = list(said.body(draft))
    for piece, following in pairwise([*pieces, Said("", "")]):
        number = NUMBER.search(piece.usual)
        is_seen_too = following.only in {None, piece.only}
        sourced = SOURCE.search(piece.usual) or (is_seen_too and SOURCE.match(following.usual))
        if number and not sourced:
            why = _("Name the source beside the number (“%(number)s”), in a line that begins with “Source:”.")
            yield _at(piece, "number_without_source", why % {"number": number[0]}, fix="add_source")


def _trials(draft: Draft) -> Iterator[Finding]:
    """Whoever names a study names the guideline in the same breath."""
    for piece in said.body(draft):
        if _named("trials", piece) and not _named("guidelines", piece):
            why = _("It names a study (“%(word)s”). Say beside it that guidelines differ, lest anybody hope too much.")
            yield _at(piece, "trial_without_guideline", why % {"word": _named("trials", piece)})


def _pictures(draft: Draft) -> Iterator[Finding]:
    images = [block for block in draft.body["blocks"] if block["type"] == "image"]
    words = sum(len(piece.usual.split()) for piece in said.body(draft) if piece.field not in {"alt", "label"})
    if images and words < FEW_WORDS:
        why = _("It is almost only a picture. Many readers see no pictures at first, and filters distrust such mail.")
        yield Finding(said.whole(), why, blocking=False, code="image_only", block=str(images[0].get("id", "")))


def _buttons(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    buttons = [block for block in draft.body["blocks"] if block["type"] == "button"]
    for_all = [block for block in buttons if not blocks.condition(block)]
    if draft.is_marketing and (len(for_all) > 1 or not buttons):
        why = _("One button is best: the reader sees one clear next step. The other ways out are below it anyway.")
        yield Finding(said.whole(), why, blocking=False, code="buttons")
    direct = next((block for block in buttons if block.get("target") == "direct"), None)
    if direct and not profile.booking_url:
        why = _("The clinic's profile has no address for online booking, so the button leads to the question form.")
        where = blocks.place(draft.body["blocks"].index(direct) + 1, direct)
        block = str(direct.get("id", ""))
        yield Finding(where, why, blocking=False, code="no_online_booking", block=block, fix="open_profile")


def _at(piece: Said, code: str, why: str, *, blocking: bool = False, fix: str = "") -> Finding:
    return Finding(piece.where, why, blocking, code=code, block=piece.block, field=piece.field, fix=fix)
