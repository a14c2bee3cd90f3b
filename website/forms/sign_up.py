"""The sign-up form: an address, a first name if one likes, and the words that one agrees to by sending it."""

from leads.intake.services import SignUp
from website.forms.stamped import StampedForm


class SignUpForm(StampedForm):
    name = "sign-up"

    def sign_up(self, *, network: str) -> SignUp:
        """What was asked for, in the words of leads."""
        if self.words is None:
            raise ValueError("A sign-up needs the words that were agreed to.")
        return SignUp(self.cleaned_data["email"], self.words, self.details(), network)
