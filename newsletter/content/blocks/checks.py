"""Every reason why a document cannot be compiled, each with its block and field."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from leads.segments import queries as segments
from newsletter.content import fields, richtext, targets
from newsletter.content.blocks import places, shape
from newsletter.content.blocks.schema import (
    KINDS,
    LONGEST_LINE,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    Allowed,
    Block,
    Field,
    Form,
)
from newsletter.content.pictures import queries as pictures
from newsletter.content.problems import Problem, Reason

Found = Iterator[Reason]


def validate(document: Any, may: Allowed | None = None) -> list[Problem]:
    """What to mend before this can be mailed, in the order of its blocks."""
    whole = shape.of_the_whole(document)
    if whole:
        return whole
    return [
        places.problem(number, block, reason, field)
        for number, block in enumerate(document["blocks"], start=1)
        for field, reason in list(shape.of_a_block(block)) or _of_a_block(block, may or Allowed())
    ]


def line_problems(text: str, field: str, may: Allowed) -> list[Problem]:
    """What is wrong with a `subject` or `preheader`."""
    reasons = []
    if not richtext.is_one_line(text):
        reasons.append(Reason("not_one_line", _("It must be one line without special characters.")))
    if len(text) > LONGEST_SUBJECT:
        reasons.append(_too_long(LONGEST_SUBJECT))
    name = {"subject": _("Subject"), "preheader": _("Preheader")}[field]
    reasons += fields.problems(text, may.fields - fields.MANY_LINES)
    return [Problem(name, reason.why, reason.code, field=field) for reason in reasons]


def _of_a_block(block: Block, may: Allowed) -> Iterator[tuple[str, Reason]]:
    for name, field in KINDS[block["type"]].fields.items():
        if field.form is not Form.FLAG:
            yield from ((name, reason) for reason in _of_a_field(block, name, field, may))
    if block.get("picture"):
        yield from (("alt", reason) for reason in _alt(block))
    if block["type"] == "free_times" and "free_times" not in may.fields:
        yield "", Reason("no_free_times", _("An email of this kind cannot name free times."))
    for why in segments.problems(block["only"]) if "only" in block else ():
        yield "only", Reason("wrong_condition", why)


def _of_a_field(block: Block, name: str, field: Field, may: Allowed) -> Found:
    value = block.get(name, "")
    if field.form is Form.RICH:
        yield from _rich(value, field, may)
        return
    if not value.strip():
        if field.missing:
            yield Reason("missing", str(field.missing))
        return
    if richtext.visible(value) != value:
        yield Reason("unmailable", _("It contains characters that cannot be mailed."))
    slots = frozenset() if name == "fallback" else may.fields
    yield from _FORMS[field.form](value, slots, may)


def _rich(html: str, field: Field, may: Allowed) -> Found:
    parts = richtext.parse(html)
    words = richtext.plain(parts)
    if not words:
        yield Reason("missing", str(field.missing))
    if len(words) > LONGEST_TEXT:
        yield Reason("too_long", _("The text is longer than %(most)s characters.") % {"most": LONGEST_TEXT})
    for spans in richtext.runs(parts):
        found = [reason for span in spans for reason in fields.problems(span.text, may.fields)]
        yield from found or fields.strangers("".join(span.text for span in spans))
    for target in richtext.links(parts):
        yield from _target(target, may.fields, may)


def _line(text: str, slots: frozenset[str], may: Allowed) -> Found:
    if len(text) > LONGEST_LINE:
        yield _too_long(LONGEST_LINE)
    if richtext.has_breaks(text):
        yield Reason("not_one_line", _("It must be one line."))
    yield from fields.problems(text, slots - fields.MANY_LINES)


def _lines(text: str, slots: frozenset[str], may: Allowed) -> Found:
    if len(text) > LONGEST_TEXT:
        yield _too_long(LONGEST_TEXT)
    yield from fields.problems(text, slots)


def _target(target: str, slots: frozenset[str], may: Allowed) -> Found:
    why = targets.problem(target, may.targets)
    if why:
        is_insecure = target.lower().startswith("http:")
        yield Reason("insecure_target" if is_insecure else "bad_target", why)


def _picture(name: str, slots: frozenset[str], may: Allowed) -> Found:
    try:
        pictures.resolve(name)
    except pictures.NoSuchPicture:
        yield Reason("no_picture", _("There is no picture with this name."))


def _alt(block: Block) -> Found:
    if block.get("alt", "").strip():
        return
    if block.get("target"):
        why = _("The picture is a link, so say in the alternative text where it leads.")
        yield Reason("missing_alt_of_a_link", why)
    elif not block.get("decorative"):
        why = _("Say in the alternative text what the picture shows, for readers who do not see it.")
        yield Reason("missing_alt", why)


def _too_long(most: int) -> Reason:
    return Reason("too_long", _("It is longer than %(most)s characters.") % {"most": most})


_FORMS = {Form.LINE: _line, Form.LINES: _lines, Form.TARGET: _target, Form.PICTURE: _picture}
