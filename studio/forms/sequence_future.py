"""The form of the page that tries a sequence: who it is, when they begin, and what they do. It is only ever read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import times
from booking.models import GoalKind
from leads.models import Lead
from leads.segments import queries as segments
from newsletter.sequences.almanac import day_length
from newsletter.sequences.future.script import Act, Deed
from newsletter.sequences.plan.document import Plan, StepKind
from newsletter.sequences.plan.words import Names
from studio.queries import foreseen, reader
from studio.queries.foreseen import DRAFT, PUBLISHED, Somebody

MINUTES = "%Y-%m-%dT%H:%M"
ROWS = range(1, 4)
FARTHEST = timedelta(days=366)
FIRST_WAY, OTHER_WAY = "first", "other"
SHORT = "short"

ACTS = (
    ("", _("Nothing")),
    (Act.CLICKED.value, _("They click in it")),
    (Act.BOOKED.value, _("They book a call")),
    (Act.ATTENDED.value, _("They come to the call")),
    (Act.REPLIED.value, _("They answer")),
    (Act.TAG.value, _("Somebody puts a tag on them")),
    (Act.UNSUBSCRIBED.value, _("They unsubscribe")),
)
DELAYS = (
    ("10", _("ten minutes")),
    ("120", _("two hours")),
    ("1440", _("a day")),
    ("2880", _("two days")),
    ("7200", _("five days")),
    ("14400", _("ten days")),
)


class TryForm(forms.Form):
    """Everything is optional: without a word it is somebody made up who begins now and does nothing.

    `candidates`, address and name, are those who fit what was typed where it is more than one.
    """

    is_all_optional = True

    plan = forms.ChoiceField(label=_("By which plan"), required=False)
    begins = forms.DateTimeField(
        label=_("They begin"),
        required=False,
        input_formats=[MINUTES],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
        help_text=_("By the clock of the clinic. Empty: now."),
    )
    lead = forms.CharField(
        label=_("Name or address of a lead"),
        required=False,
        max_length=100,
        help_text=_("Empty: somebody made up, as you describe them below."),
    )
    zone = forms.ChoiceField(label=_("Their time zone"), required=False)
    paused = forms.DateField(
        label=_("They paused their mail until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    holds = forms.MultipleChoiceField(
        label=_("What is true of them"), required=False, widget=forms.CheckboxSelectMultiple
    )
    draws = forms.ChoiceField(
        label=_("Where it goes by lot"),
        required=False,
        choices=((FIRST_WAY, _("they draw the first way")), (OTHER_WAY, _("they draw the other way"))),
    )

    days = forms.ChoiceField(
        label=_("How long a day is"),
        required=False,
        choices=(("", _("as outside the demo: a day is a day")), (SHORT, _("as in this demo"))),
    )

    def __init__(self, data: QueryDict, *, plans: Collection[str], chosen: Plan, names: Names, home: ZoneInfo) -> None:
        super().__init__(data)
        self.plans, self.chosen, self.home = list(plans), chosen, home
        self.candidates: list[tuple[str, str]] = []
        asked = foreseen.conditions(chosen)
        self.conditions = {f"{one.get('name')}:{one.get('value', '')}": one for one in asked}
        self._fill_choices(plans)
        self._add_rows(foreseen.mails(chosen, names))

    @property
    def rows(self) -> Sequence[tuple[forms.BoundField, ...]]:
        """What they do: the act, after which mail, how long after it, and the tag."""
        return [tuple(self[f"{name}_{row}"] for name in ("act", "after", "delay", "tag")) for row in ROWS]

    @property
    def is_of_the_published(self) -> bool:
        return (self.cleaned_data["plan"] or self.plans[0]) == PUBLISHED

    @property
    def has_short_days(self) -> bool:
        return day_length() is not None

    @property
    def asks_for_a_lot(self) -> bool:
        return any(step.kind == StepKind.LOT for step in self.chosen.every())

    def clean_begins(self) -> datetime | None:
        begins: datetime | None = self.cleaned_data["begins"]
        if begins is not None and begins > timezone.now() + FARTHEST:
            raise forms.ValidationError(_("That is more than a year away."))
        return begins

    def clean_lead(self) -> Lead | None:
        text = self.cleaned_data["lead"].strip()
        if not text:
            return None
        found = list(reader.found(text))
        if not found:
            raise forms.ValidationError(_("Nobody is called that, and nobody has that address."))
        meant = [lead for lead in found if lead.email.casefold() == text.casefold()] or found
        if len(meant) > 1:
            self.candidates = [(lead.email, reader.label(lead)) for lead in meant]
            raise forms.ValidationError(_("Several people fit that. Choose below which one you mean."))
        return meant[0]

    def somebody(self) -> Somebody:
        """Who is tried."""
        said = self.cleaned_data
        return Somebody(
            lead=said["lead"],
            zone=said["zone"],
            paused_until=datetime.combine(said["paused"], time(0), tzinfo=self.home) if said["paused"] else None,
            true=[self.conditions[name] for name in said["holds"]],
            draws=said["draws"] != OTHER_WAY,
            is_real=said["days"] != SHORT,
        )

    def deeds(self) -> list[Deed]:
        return list(self._deeds())

    def _deeds(self) -> Iterator[Deed]:
        for row in ROWS:
            act, after = self.cleaned_data.get(f"act_{row}"), self.cleaned_data.get(f"after_{row}")
            if not act or (act == Act.CLICKED and not after):
                continue
            delay = timedelta(minutes=int(self.cleaned_data.get(f"delay_{row}") or DELAYS[0][0]))
            value = {Act.TAG: self.cleaned_data.get(f"tag_{row}", ""), Act.BOOKED: GoalKind.FREE_CALL.value}.get(
                act, ""
            )
            yield Deed(Act(act), int(after) if after else None, delay, value)

    def _fill_choices(self, plans: Collection[str]) -> None:
        names = {DRAFT: _("the draft"), PUBLISHED: _("the published version")}
        self._choose("plan", [(key, names.get(key, key)) for key in plans])
        self._choose("zone", [("", _("as the clinic")), *times.zone_choices(self.home)])
        self._choose("holds", [(name, segments.says(condition)) for name, condition in self.conditions.items()])

    def _add_rows(self, mails: Mapping[int, str]) -> None:
        after = [("", _("the beginning")), *((str(key), name) for key, name in mails.items())]
        for row in ROWS:
            number = {"row": row}
            self.fields[f"act_{row}"] = forms.ChoiceField(
                label=_("What they do (%(row)s)") % number, choices=ACTS, required=False
            )
            self.fields[f"after_{row}"] = forms.ChoiceField(
                label=_("After (%(row)s)") % number, choices=after, required=False
            )
            self.fields[f"delay_{row}"] = forms.ChoiceField(
                label=_("How long after it (%(row)s)") % number, choices=DELAYS, required=False
            )
            self.fields[f"tag_{row}"] = forms.CharField(
                label=_("The tag (%(row)s)") % number, max_length=60, required=False
            )

    def _choose(self, name: str, choices: Sequence[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]
