"""A line of a form in which fields differ from reader to reader, shown and typed as the composer's chips say them.

    [first name, or “there”], a quiet hour

What is kept is what the composer keeps: `{{ first_name|there }}, a quiet hour`.
"""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from newsletter.content import fields
from newsletter.content.models import EmailKind
from studio import words
from studio.queries.writing import FALLBACKS

CHIP = re.compile(r"\[(?P<said>[^\[\]“”\"{}|]+?)(?:, [^“”\"\[\]{}|]*[“\"](?P<fallback>[^“”\"\[\]{}|]*)[”\"])?\]")
KNOWN = (fields.CLINIC | fields.slots(EmailKind.CAMPAIGN, None)) - fields.MANY_LINES


class LineField(forms.CharField):
    """What was typed in square brackets and is no field stays as it is: the linter asks to replace it."""

    def prepare_value(self, value: Any) -> Any:
        return shown(value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        return written(super().to_python(value) or "")


def shown(line: str) -> str:
    """The line as people read it; a field that could not be read back stays as it is kept."""

    def chip(match: re.Match[str]) -> str:
        name, fallback = match["name"].strip(), (match["fallback"] or "").strip()
        said = _chip(name, fallback)
        return said if written(said) == _kept(name, fallback) else match[0]

    return fields.FIELD.sub(chip, line)


def written(line: str) -> str:
    """The line as it is kept."""
    names = {words.field(name).casefold(): name for name in KNOWN}

    def field(match: re.Match[str]) -> str:
        name = names.get(" ".join(match["said"].split()).casefold())
        return match[0] if name is None else _kept(name, (match["fallback"] or "").strip() or _usual(name))

    return CHIP.sub(field, line)


def _chip(name: str, fallback: str) -> str:
    said = _("%(name)s, or “%(fallback)s”") if fallback else "%(name)s"
    return f"[{said % {'name': words.field(name), 'fallback': fallback}}]"


def _kept(name: str, fallback: str) -> str:
    return f"{{{{ {name}|{fallback} }}}}" if fallback else f"{{{{ {name} }}}}"


def _usual(name: str) -> str:
    """What is usually written where the field has nothing to say; nothing for one that always has."""
    return str(FALLBACKS.get(name, "")) if name in fields.MAY_BE_EMPTY else ""
