"""What a report's list of people is narrowed to, and which two versions are compared. It is only ever read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.sequences.models import ExitReason, SequenceVersion
from newsletter.sequences.report.people import BEFORE_ANY, Point
from newsletter.sequences.report.periods import Period
from studio.queries.report_people import Narrowed
from studio.queries.report_steps import Named


def called(version: SequenceVersion) -> str:
    return str(_("Version %(number)d") % {"number": version.number})


class VersionForm(forms.Form):
    """Which version the report is about; all of them without one."""

    version = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any], *, versions: Sequence[SequenceVersion]) -> None:
        super().__init__(data)
        self.by_number = {str(one.number): one for one in versions}
        self.fields["version"].choices = [("", _("All versions")), *((n, called(v)) for n, v in self.by_number.items())]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> SequenceVersion | None:
        return self.by_number.get(self.cleaned_data["version"])


class NarrowForm(VersionForm):
    """Every field is optional; `periods` are those in which somebody was held out."""

    point = forms.ChoiceField(label=_("Who"), required=False)
    version = forms.ChoiceField(label=_("Version"), required=False)
    step = forms.ChoiceField(label=_("Step, or last mail"), required=False)
    reason = forms.ChoiceField(
        label=_("Why they left"), required=False, choices=(("", _("Any reason")), *ExitReason.choices)
    )
    q = forms.CharField(label=_("Name or address"), required=False, max_length=100)
    period = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    field_order = ("point", "version", "step", "reason", "q", "period")

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        versions: Sequence[SequenceVersion],
        steps: Mapping[int, Named],
        points: Sequence[tuple[str, str | Promise]],
        periods: Sequence[Period],
    ) -> None:
        super().__init__(data, versions=versions)
        self.periods = {str(period.first): period for period in periods}
        mails = [(str(key), step.words) for key, step in steps.items()]
        self._choose("point", points)
        self._choose("step", [("", _("Any")), (str(BEFORE_ANY), _("Before any mail")), *mails])
        self._choose("period", [("", ""), *((number, number) for number in self.periods)])

    def narrowed(self) -> Narrowed:
        said = self.cleaned_data
        latest = next(iter(self.periods.values()), None)
        return Narrowed(
            said["point"] or Point.ENTERED.value,
            self.chosen,
            int(said["step"]) if said["step"] else None,
            said["reason"],
            said["q"],
            self.periods.get(said["period"], latest),
        )

    def _choose(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


class PairForm(forms.Form):
    """Two versions; without a word the newest and the one before it."""

    first = forms.ChoiceField(label=_("This version"))
    second = forms.ChoiceField(label=_("beside this one"))

    def __init__(self, data: Mapping[str, Any], *, versions: Sequence[SequenceVersion]) -> None:
        usual = {"first": str(versions[1].number), "second": str(versions[0].number)}
        super().__init__({name: data.get(name) or number for name, number in usual.items()})
        self.versions = versions
        for name in ("first", "second"):
            self.fields[name].choices = [(str(one.number), called(one)) for one in versions]  # type: ignore[attr-defined]

    def pair(self) -> tuple[SequenceVersion, SequenceVersion]:
        by_number = {str(one.number): one for one in self.versions}
        return by_number[self.cleaned_data["first"]], by_number[self.cleaned_data["second"]]
