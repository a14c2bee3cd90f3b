"""Merge fields: `{{ first_name|there }}`, read by a parser of our own and never by a template engine.

A field is either the clinic's, filled in when the email is compiled, or the recipient's, filled in when it
leaves. What stands after the bar is said when there is nothing to fill in.
"""

import re
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from newsletter.content import marks
from newsletter.content.labels import LABELS, label
from newsletter.content.models import EmailKind
from newsletter.content.problems import Reason

FIELD = re.compile(r"\{\{(?P<name>[^{}|]*)(?:\|(?P<fallback>[^{}|]*))?\}\}")
CLINIC = frozenset(
    {
        "clinic_name",
        "emergency_number",
        "first_visit_price",
        "free_call_terms",
        "insurance_note",
        "phone",
        "practitioner",
        "practitioner_title",
    }
)
MAY_BE_EMPTY = frozenset(
    {
        *("first_name", "free_times", "phone_hint"),
        *("clinic_name", "first_visit_price", "insurance_note", "phone", "practitioner", "practitioner_title"),
    }
)

MANY_LINES = frozenset({"free_times"})
"""Fields that come out as several lines, and cannot stand where one line is wanted."""


def slots(kind: str, key: str | None) -> frozenset[str]:
    """The recipient's fields that an email of this kind can hold.

    What a visitor typed without proving that the mailbox is theirs is never repeated to it, so the mails
    before that moment know no name.
    """
    if kind != EmailKind.TRANSACTIONAL:
        return frozenset({"first_name", "free_times"})
    if (key or "").startswith("appointment-"):
        return frozenset({"when", "phone_hint"})
    return frozenset()


def problems(text: str, allowed: frozenset[str]) -> Iterator[Reason]:
    """Say in plain words what is wrong with the fields of a text."""
    yield from strangers(text)
    for match in FIELD.finditer(text):
        yield from _problems_of(match["name"].strip(), match["fallback"], allowed)
    rest = FIELD.sub("", text)
    if "{{" in rest or "}}" in rest:
        why = _("Two braces stand alone: a field is not whole. Take them out, and choose the field from the menu.")
        yield Reason("unclosed_field", why)


def strangers(text: str) -> Iterator[Reason]:
    """What could be taken for a mark of ours, also once the fields are filled in."""
    readings = (text, without(text), FIELD.sub("", text))
    if "\0" in text or any(marks.are_in(reading) for reading in readings):
        yield Reason("unmailable", _("It contains characters that cannot be mailed."))


def resolve(text: str, clinic: Mapping[str, str]) -> str:
    """Fill in the clinic's fields and leave a mark for each of the recipient's."""

    def filled(match: re.Match[str]) -> str:
        name, fallback = match["name"].strip(), (match["fallback"] or "").strip()
        if name in CLINIC:
            return clinic.get(name) or fallback
        return marks.words(name, fallback)

    return FIELD.sub(filled, text)


def without(text: str) -> str:
    """The text with each field as its fallback: what a person reads when nothing is filled in."""
    return FIELD.sub(lambda match: (match["fallback"] or "").strip(), text)


def _problems_of(name: str, fallback: str | None, allowed: frozenset[str]) -> Iterator[Reason]:
    if name not in CLINIC and name not in allowed:
        known = ", ".join(str(said) for known, said in LABELS.items() if known in (CLINIC | allowed) - MANY_LINES)
        why = _("There is no field “%(name)s” here. Known are: %(known)s.") % {"name": label(name), "known": known}
        yield Reason("unknown_field", why)
    elif name in MAY_BE_EMPTY and not (fallback or "").strip():
        why = _("The field “%(name)s” may be empty. Say what to write when we do not know it.")
        yield Reason("missing_fallback", why % {"name": label(name)})
