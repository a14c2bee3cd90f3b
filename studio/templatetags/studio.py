"""What the studio's templates are made of: times, badges, form fields, progress, pages of a list."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms, template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking import times
from clinic import phones
from newsletter.content import fields, marks
from newsletter.sequences.models import EnrolmentState, ExitReason
from studio import words
from studio.queries.people import CONSENT_WORDS

register = template.Library()

CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
)


@register.inclusion_tag("studio/_field.html")
def field(bound: forms.BoundField, autofocus: str = "") -> dict[str, Any]:
    """One form field: label above, help, the error beside it, everything tied together for a screen reader."""
    widget = bound.field.widget
    css = next((name for kind, name in CLASSES if isinstance(widget, kind)), "form-control")
    attrs = {"class": f"{css} is-invalid".strip() if bound.errors else css}
    if autofocus:
        attrs["autofocus"] = "autofocus"
    return {
        "field": bound,
        "input": bound.as_widget(attrs={key: value for key, value in attrs.items() if value}),
        "is_check": isinstance(widget, forms.CheckboxInput),
        "is_group": isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple),
        "is_optional": _is_optional(bound),
    }


def _is_optional(bound: forms.BoundField) -> bool:
    """Said beside the field, unless all of its form's are."""
    is_check = isinstance(bound.field.widget, forms.CheckboxInput)
    return not (bound.field.required or is_check or getattr(bound.form, "is_all_optional", False))


@register.inclusion_tag("studio/_when.html", takes_context=True)
def when(context: Context, moment: datetime | None, zone: str = "") -> dict[str, Any]:
    """A moment, relative to the page's `now` and absolute with its zone (the clinic's unless one is named)."""
    if moment is None:
        return {"moment": None}
    local = moment.astimezone(ZoneInfo(zone) if zone else timezone.get_current_timezone())
    return {"moment": moment, "relative": relative(moment, context["now"]), "absolute": absolute(local, context["now"])}


def absolute(local: datetime, now: datetime) -> str:
    """Tue 3 Mar, 09:30 EST; with the year when it is not this one."""
    same_year = local.year == now.astimezone(local.tzinfo).year
    return f"{date_format(local, 'D j M, H:i' if same_year else 'D j M Y, H:i')} {local.tzname()}"


def relative(moment: datetime, now: datetime) -> str:
    """In 3 days, 20 minutes ago: one unit, so that it can be read at a glance."""
    gap = abs(moment - now)
    if gap < timedelta(minutes=1):
        return _("just now") if moment <= now else _("in a moment")
    amount = _one_unit(gap)
    return _("in %(amount)s") % {"amount": amount} if moment > now else _("%(amount)s ago") % {"amount": amount}


def _one_unit(gap: timedelta) -> str:
    minutes = int(gap.total_seconds() // 60)
    if minutes < 60:  # noqa: PLR2004
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    hours = minutes // 60
    if hours < 48:  # noqa: PLR2004
        return ngettext("%d hour", "%d hours", hours) % hours
    return ngettext("%d day", "%d days", gap.days) % gap.days


@register.inclusion_tag("studio/_badge.html")
def badge(word: str | Promise, tone: str = "") -> dict[str, Any]:
    """A word of the glossary with its colour: `{% badge appointment.get_state_display appointment.state %}`."""
    return {"word": word, "tone": words.tone(tone)}


@register.inclusion_tag("studio/_badge.html")
def consent_badge(state: str) -> dict[str, Any]:
    """Whether marketing mail may go to somebody: one of studio.queries.people.CONSENT_WORDS."""
    return {"word": CONSENT_WORDS[state], "tone": words.tone(state)}


@register.inclusion_tag("studio/_badge.html")
def course_state(state: str, position: int, reason: str = "") -> dict[str, Any]:
    """Where somebody is in the course, in two or three words; who has booked has reached what it is for."""
    if reason == ExitReason.BOOKED:
        return {"word": ExitReason.BOOKED.label, "tone": words.tone(reason)}
    is_active = state == EnrolmentState.ACTIVE
    word = _("Before mail %(number)d") % {"number": position + 1} if is_active else words.COURSE[state]
    return {"word": word, "tone": words.tone("scheduled" if is_active else state)}


@register.inclusion_tag("studio/_course_line.html")
def course_line(passed: int, steps: int) -> dict[str, Any]:
    """The nerve's line from mail to mail, `steps` of them, and the dot where somebody is."""
    total = max(steps, 1)
    stops = [{"x": 10 + 220 * n // max(total - 1, 1), "is_past": n < passed} for n in range(total)]
    return {"stops": stops, "here": stops[min(passed, total) - 1]["x"], "passed": passed}


@register.filter
def span(gap: timedelta) -> str:
    """A length of time in one unit."""
    return _("less than a minute") if gap < timedelta(minutes=1) else _one_unit(gap)


@register.simple_tag
def room_url(name: str) -> str:
    """The address of a page of the studio by its name."""
    return reverse(f"studio:{name}")


@register.filter
def readable(line: str) -> str:
    """A subject or preheader as staff read it, written or frozen: “[first name], a quiet hour”."""
    named = fields.FIELD.sub(lambda match: f"[{words.field(match['name'].strip())}]", line)
    return "".join(part if isinstance(part, str) else f"[{words.field(part.name)}]" for part in marks.split(named))


@register.filter
def why(stored: str) -> str:
    """Why a mail waits or did not leave, as staff read it."""
    return words.why(stored)


@register.filter
def phone(number: str) -> str:
    """A number as it is written internationally."""
    return phones.readable(number) if number else ""


@register.filter
def zone_place(name: str) -> str:
    """A time zone as people name it, such as "Toronto time"."""
    zone = times.zone_named(name)
    return times.zone_place(zone) if zone else name


@register.inclusion_tag("studio/_progress.html")
def progress(done: int, total: int, label: str) -> dict[str, Any]:
    """How far something is: `label` names it for those who do not see the bar."""
    return {"done": done, "total": total, "label": label}


@register.inclusion_tag("studio/_pagination.html", takes_context=True)
def pagination(context: Context, page: Any) -> dict[str, Any]:
    """The pages of a list; the address keeps its other parameters."""
    return {"page": page, "request": context["request"]}
