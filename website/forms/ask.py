"""The question form. It asks for no medical details, and for the emails only if their box is ticked."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.intake.services import Question
from website.forms.fields import PhoneField, visible
from website.forms.stamped import StampedForm


class AskForm(StampedForm):
    name = "ask"
    field_order = ("question", "email", "first_name", "phone")
    phone = PhoneField(label=_("Phone, if we may call you back"), required=False)
    question = forms.CharField(
        label=_("Your question"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Please leave out medical details; we talk about those in person."),
        error_messages={"required": _("Write your question in a sentence or two.")},
    )
    wants_mail = forms.BooleanField(required=False)

    def clean_question(self) -> str:
        return visible(self.cleaned_data["question"])

    def asked(self, *, network: str) -> Question:
        """What was asked, in the words of leads."""
        return Question(
            self.cleaned_data["email"],
            self.cleaned_data["question"],
            self.details(phone=self.cleaned_data["phone"]),
            network,
            self.words if self.cleaned_data["wants_mail"] else None,
        )
