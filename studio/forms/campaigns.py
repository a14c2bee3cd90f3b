"""Forms of the campaigns room: beginning one, and saying when it goes."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsletter.content.models import Topic
from newsletter.content.presets.starters import STARTERS

MINUTES = "%Y-%m-%dT%H:%M"
TOMORROW_AT = time(9, 30)
FARTHEST = timedelta(days=366)


class BeginForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For you and your colleagues; readers never see it.")
    )
    starter = forms.ChoiceField(
        label=_("Begin with"), choices=[(starter.key, starter.name) for starter in STARTERS], widget=forms.RadioSelect
    )


class AudienceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    topic = forms.ChoiceField(
        label=_("What it is about"),
        choices=Topic.choices,
        help_text=_("Readers who declined this topic are left out."),
    )
    includes_patients = forms.BooleanField(label=_("Also to patients"), required=False)


class ScheduleForm(forms.Form):
    """`now` is the database's clock; times are typed in the clinic's zone, which is the current one."""

    when = forms.ChoiceField(
        label=_("When"),
        choices=[("now", _("In a minute, so that you can still take it back")), ("later", _("At a time of your own"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    at = forms.DateTimeField(
        label=_("Date and time"),
        error_messages={"required": _("Say on which day and at what time.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        local = timezone.localtime(now)
        at = self.fields["at"]
        at.required = self.data.get("when") != "now"
        at.initial = datetime.combine(local.date() + timedelta(days=1), TOMORROW_AT)
        at.help_text = _("By the clinic's clock: %(zone)s.") % {"zone": timezone.get_current_timezone_name()}
        at.widget.attrs |= {"min": f"{local:{MINUTES}}", "max": f"{local + FARTHEST:{MINUTES}}"}

    def clean(self) -> dict[str, object]:
        said = super().clean() or {}
        at = said.get("at")
        if said.get("when") == "later" and at is not None:
            self._judge(at)
        return said

    def _judge(self, at: datetime) -> None:
        if at <= self.now:
            self.add_error("at", _("That is over. Choose a time to come."))
        elif at > self.now + FARTHEST:
            self.add_error("at", _("That is more than a year away. Choose a nearer day."))

    def moment(self) -> datetime | None:
        """When it goes; None for now."""
        return self.cleaned_data["at"] if self.cleaned_data["when"] == "later" else None
