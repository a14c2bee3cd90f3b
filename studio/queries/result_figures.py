"""The numbers of a campaign's result, each with what it counts, in one sentence."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.campaigns.results.people import Did
from newsletter.campaigns.results.queries import Numbers
from newsletter.tracking.models import FactKind

CLICKED = _("People who followed a link of this mail at least once, as far as a request tells; each counts once.")
BOOKED = _("People who booked within 90 days of a click on this mail, when no later mail was clicked in between.")
UNSUBSCRIBED = _("People who left by a link of this mail.")
SCANNERS = _("Programs that follow links before a person reads the mail; they are counted nowhere else.")
UNKNOWN = _("Requests that tell too little to say who made them; they are counted nowhere else.")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: what it is called, how many of how many, what it counts, and whom it leads to."""

    label: str | Promise
    count: int
    meaning: str | Promise
    of: int = 0
    did: str = ""

    @property
    def percent(self) -> float | None:
        return 100 * self.count / self.of if self.of else None


def heads(numbers: Numbers) -> list[Figure]:
    """The few numbers that stand on top."""
    mailed = numbers.mailed
    return [
        Figure(
            _("Mailed"), mailed, _("Mails that the provider took, or that may have left."), numbers.progress.planned
        ),
        Figure(_("People who clicked"), numbers.people, CLICKED, mailed, Did.CLICKED),
        Figure(_("Bookings credited to it"), numbers.fact(FactKind.BOOKED), BOOKED, mailed, Did.BOOKED),
        Figure(_("Unsubscribed"), numbers.fact(FactKind.UNSUBSCRIBED), UNSUBSCRIBED, mailed, Did.UNSUBSCRIBED),
    ]


def ends(numbers: Numbers) -> list[Figure]:
    """How the mails ended; together they are what was planned."""
    found = numbers.progress
    rows = [
        (_("Submitted"), found.submitted, _("The provider took it."), ""),
        (_("Refused by our own check"), found.refused, _("Our last look before handing over said no."), Did.REFUSED),
        (_("Failed"), found.failed, _("The other side turned it away for good when it was handed over."), Did.FAILED),
        (_("Expired"), found.expired, _("It was too late to be useful before it could leave."), Did.ENDED),
        (_("Cancelled"), found.cancelled, _("The campaign was cancelled before it left."), Did.ENDED),
        (_("Uncertain, treated as sent"), found.closed, _("Nobody could tell for a week; it may have left."), ""),
        (_("Uncertain"), found.uncertain, _("It may have left; nobody knows yet."), Did.UNCERTAIN),
        (_("Waiting"), found.waiting, _("It has not left yet."), Did.WAITING),
    ]
    return [Figure(label, count, meaning, found.planned, did) for label, count, meaning, did in rows]


def came_back(numbers: Numbers) -> list[Figure]:
    """What became known afterwards; one mail can be in several lines."""
    told = {
        FactKind.DELIVERED: (_("Delivered"), _("The provider says that it reached the mailbox."), Did.DELIVERED),
        FactKind.BLOCKED: (
            _("Turned away"),
            _("The mailbox was full or did not want it, for now."),
            Did.BLOCKED,
        ),
        FactKind.BOUNCED: (_("Bounced"), _("The address does not exist; it gets no more mail."), Did.BOUNCED),
        FactKind.COMPLAINED: (
            _("Marked as spam"),
            _("The person told their provider so; no more mail."),
            Did.COMPLAINED,
        ),
        FactKind.UNSUBSCRIBED: (_("Unsubscribed"), UNSUBSCRIBED, Did.UNSUBSCRIBED),
        FactKind.BOOKED: (_("Bookings credited to it"), BOOKED, Did.BOOKED),
    }
    facts = [
        Figure(label, numbers.fact(kind), meaning, numbers.mailed, did) for kind, (label, meaning, did) in told.items()
    ]
    return [
        *facts,
        Figure(_("People who clicked"), numbers.people, CLICKED, numbers.mailed, Did.CLICKED),
        Figure(_("Clicks of people"), numbers.clicks, _("All clicks of those people, however often they clicked.")),
        Figure(_("Clicks of scanners"), numbers.scanner_clicks, SCANNERS),
        Figure(_("Clicks of whom nobody can tell"), numbers.unknown_clicks, UNKNOWN),
    ]
