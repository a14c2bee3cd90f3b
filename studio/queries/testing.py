"""Whether what stands in the composer has been in somebody's mailbox, as its page says it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from newsletter.campaigns import tried
from newsletter.campaigns.experiments.checks import TEST_B
from newsletter.campaigns.tried import TEST_LABEL, Standing
from newsletter.content.compile import Compiled
from newsletter.content.models import EmailTemplate
from studio.queries import mailed


@dataclass(frozen=True, slots=True)
class Tested:
    """`standing` is a `tried.Standing`, and empty for words that cannot be mailed at all."""

    standing: str = ""
    words: str = ""


def tested(email: EmailTemplate, typed: EmailTemplate, compiled: Compiled) -> Tested:
    """How it stands with what is typed. What is saved and was tested counts, whatever has become of the letterhead."""
    label = TEST_B if mailed.is_of_b(email) else TEST_LABEL
    is_saved = all(getattr(email, name) == getattr(typed, name) for name in ("subject", "preheader", "body"))
    found = tried.of(email, compiled, label=label, version=email.version if is_saved else None)
    return Tested(found.standing.value, _words(found.standing, found.at))


def _words(standing: Standing, at: datetime | None) -> str:
    if at is not None:
        return _("A test mail of these words left: %(when)s.") % {"when": _when(at)}
    if standing == Standing.UNDER_WAY:
        return _("The test mail is on its way.")
    if standing == Standing.FAILED:
        return _("The test mail could not be handed over. Send another, and see whether it arrives.")
    return _("Nobody has had a test mail of these words. Send yourself one and read it as a reader does.")


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'D j M, H:i')} {local.tzname()}"
