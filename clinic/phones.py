"""Phone numbers: read as people in the clinic's country write them, kept as E.164."""

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat, ValidationResult

from clinic.models import Clinic, Jurisdiction

REGIONS = {Jurisdiction.UNITED_KINGDOM.value: "GB"}
LONGEST = 40


class BadPhone(ValueError):
    """The text is no phone number that could be called, or it needs an extension."""


def region(clinic: Clinic) -> str:
    """The country whose way of writing numbers is meant when none is named."""
    return REGIONS.get(clinic.jurisdiction, clinic.jurisdiction)


def parse(text: str, *, region: str) -> str:
    """The number as E.164, such as +14165550123; raises BadPhone.

    Only the length is judged, not whether a number is given out: numbering plans change, and turning away
    somebody's real number would cost a call.
    """
    try:
        number = phonenumbers.parse(text[:LONGEST], region)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(str(error)) from error
    fits = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or fits != ValidationResult.IS_POSSIBLE:
        raise BadPhone(text[:LONGEST])
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def readable(e164: str) -> str:
    """The number as it is written internationally, such as +1 416-555-0123."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def hint(e164: str) -> str:
    """Enough to recognise one's own number by, and not to learn another's."""
    return _("We call the number ending in %(digits)s.") % {"digits": e164[-2:]} if e164 else ""
