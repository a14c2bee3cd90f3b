"""A form of the clinic's profile that two people may have open at once.

The page says what it showed when it was opened (`seen`). What nobody changed on it is not written, so that two people
at once take none of each other's changes back; where both changed one thing, the second is told who saved what, and
nothing that they typed is gone: saving once more is theirs to decide.
"""

import json
from typing import Any

from django import forms
from django.utils.choices import flatten_choices
from django.utils.translation import gettext as _

from accounts.queries import acts_on
from clinic import phones
from clinic.models import Clinic
from studio.services.setup import SUBJECT, plain

LONGEST_SAID = 200


class MeanwhileForm(forms.ModelForm):
    """`present` is the profile as it was when the form was made: what a page shows, or what it is judged against."""

    instance: Clinic
    also: tuple[str, ...] = ()
    """Fields of the profile that the form has in another shape."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = (*(self._meta.fields or ()), *self.also)
        self.present = {name: plain(getattr(self.instance, name)) for name in names}
        self.told: set[str] = set()

    @property
    def shown(self) -> str:
        """What the page showed when it was opened, for it to send along; where it tells of somebody's change, that.

        A page that is shown once more has the values that were typed: what nobody touched on it is still as it was.
        """
        return json.dumps(self._seen() | {name: self.present[name] for name in self.told})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        return {name: plain(value) for name, value in said.items()}

    def changes(self) -> dict[str, Any]:
        """What was changed on the page and is right in it, by the profile's fields."""
        said, seen = self.cleaned_data, self._seen()
        return {name: said[name] for name in self.present if name in said and said[name] != seen[name]}

    def full_clean(self) -> None:
        """Judge what was typed; then look what somebody else has saved since."""
        super().full_clean()
        if self.is_bound:
            self.told = {named for named in self.changes() if self._is_anothers(named)}
            for name in self.told:
                self.add_error(self.place(name), self._told(name))

    def place(self, name: str) -> str:
        """The field of the form beside which something is said of this one of the profile."""
        return name

    def said(self, name: str, value: Any) -> str:
        """A value as people read it."""
        choices: Any = getattr(self.fields.get(name), "choices", ())
        pairs: list[tuple[Any, Any]] = list(flatten_choices(choices))
        labels = {str(key): str(label) for key, label in pairs}
        if name == "phone":
            return phones.readable(value)
        return labels.get(str(value), " / ".join(str(value).splitlines()))[:LONGEST_SAID]

    def _seen(self) -> dict[str, Any]:
        """What stood on the page when it was opened; a page that does not say is taken for a fresh one."""
        try:
            seen = json.loads(self.data.get("seen", ""))
        except (ValueError, RecursionError):
            seen = None
        return self.present | seen if isinstance(seen, dict) else self.present

    def _is_anothers(self, name: str) -> bool:
        """Whether both this page and somebody else have changed it since, and not to the same."""
        return self.present[name] not in (self._seen()[name], self.cleaned_data[name])

    def _told(self, name: str) -> str:
        changes = acts_on(SUBJECT).filter(act="clinic.changed")
        last = next((one for one in changes[:20] if name in one.detail.get("fields", ())), None)
        who = str(last.by) if last is not None and last.by is not None else _("somebody else")
        theirs = self.said(name, self.present[name]) if self.present[name] else ""
        if theirs:
            said = _("Meanwhile %(who)s has saved “%(theirs)s” here. Save once more if yours is right.")
        else:
            said = _("Meanwhile %(who)s has emptied this. Save once more if yours is right.")
        return said % {"who": who, "theirs": theirs}
