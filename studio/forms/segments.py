"""A segment in a form: its name, and conditions that are chosen from menus, one a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from leads.segments import queries as segments
from leads.segments.models import Match, Segment
from leads.segments.queries import Only
from leads.segments.services import MOST_CONDITIONS, Draft, version

LONGEST_MARK = 40
NOT = "not:"
"""Stands before a condition's name in the menu where it is the opposite that is meant."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as it is chosen; `number` counts from one, `kind` says what its value is."""

    number: int
    chosen: str
    kind: str
    value: str
    values: Sequence[Sequence[str]] = ()
    problems: Sequence[str] = field(default_factory=list)


class SegmentForm(forms.Form):
    taken = _("There is a segment of this name already.")

    name = forms.CharField(
        label=_("Name"), max_length=80, error_messages={"required": _("Give it a name that says who is in it.")}
    )
    match = forms.ChoiceField(
        label=_("Who is in it"),
        widget=forms.RadioSelect,
        choices=[
            (Match.ALL, _("People to whom all of these apply")),
            (Match.ANY, _("People to whom any of these applies")),
        ],
        initial=Match.ALL,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_MARK)

    def __init__(self, data: QueryDict | None = None, *, segment: Segment | None = None) -> None:
        saved = {"name": segment.name, "match": segment.match, "seen": version(segment)} if segment else {}
        super().__init__(data, initial=saved)
        self.segment = segment

    def look_again(self, found: str) -> None:
        """Say that somebody else changed it; the next press is about this version."""
        self.add_error(None, _("Somebody else changed this segment. Yours is below: save it to replace theirs."))
        self.data = {**{name: self.data[name] for name in self.data}, "seen": found}

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        same = Segment.objects.filter(name__iexact=name)
        if (same.exclude(pk=self.segment.pk) if self.segment else same).exists():
            raise forms.ValidationError(self.taken)
        return name

    def draft(self, onlys: Sequence[Only]) -> Draft:
        """What was written, valid as far as the form can tell."""
        return Draft(self.cleaned_data["name"], onlys, Match(self.cleaned_data["match"]))


class Choosing:
    """The menu of conditions, and the rows in which they are chosen."""

    def __init__(self) -> None:
        self.choices = segments.choices()
        self._by_name: Mapping[str, dict[str, Any]] = {choice["name"]: choice for choice in self.choices}

    @property
    def menu(self) -> list[tuple[str, str]]:
        """Each condition and, below it, its opposite."""
        return [
            pair
            for choice in self.choices
            for pair in ((choice["name"], choice["label"]), (NOT + choice["name"], choice["denial"]))
        ]

    def rows(self, onlys: Sequence[Only], problems: Mapping[int, Sequence[str]] | None = None) -> list[Row]:
        return [self._row(place, only, (problems or {}).get(place, ())) for place, only in enumerate(onlys)]

    def posted(self, said: QueryDict) -> list[Only]:
        """The conditions of a form as it stands, with a row more or less where that was asked for."""
        pairs = zip(said.getlist("condition"), said.getlist("value"), strict=False)
        onlys = [self.only(chosen, value) for chosen, value in pairs][:MOST_CONDITIONS]
        if "remove" in said:
            onlys = [only for place, only in enumerate(onlys, start=1) if str(place) != said["remove"]]
        if "add" in said or not onlys:
            onlys.append(self.first)
        return onlys[:MOST_CONDITIONS]

    @property
    def first(self) -> Only:
        """What a new row begins with."""
        return self.only(self.choices[0]["name"], "")

    def only(self, chosen: str, value: str) -> Only:
        """A value that belongs to another condition is not taken over."""
        name = chosen.removeprefix(NOT)
        choice = self._by_name.get(name, {"kind": "none", "values": []})
        is_of_it = {
            "choice": value in dict(choice["values"]),
            "days": value.isascii() and value.isdigit(),
            "none": False,
        }[choice["kind"]]
        return {"name": name, "value": value if is_of_it else "", "not": chosen.startswith(NOT)}

    def _row(self, place: int, only: Only, problems: Sequence[str]) -> Row:
        choice = self._by_name.get(only["name"], {"kind": "none", "values": []})
        chosen = (NOT if only.get("not") else "") + only["name"]
        return Row(place + 1, chosen, choice["kind"], only.get("value", ""), choice["values"], list(problems))
