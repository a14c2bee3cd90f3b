"""What somebody looked at before they pressed the button, and what is different by the time they press it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.segments import looked
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.models import Campaign


class ChangedSince(Exception):
    """What would go is not what was looked at; `changes` say what differs, one sentence each."""

    def __init__(self, changes: list[str]) -> None:
        super().__init__(" ".join(changes))
        self.changes = changes


class NotTyped(Exception):
    """Far more people than usual, and the number of them was not typed."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """For how many it was, which version of the words, a mark of whom it was for, and one of what is tested."""

    count: int
    version: int
    audience: str
    tested: str = ""


def of(campaign: Campaign, count: int) -> Reviewed:
    """What a page shows now."""
    return Reviewed(count, campaign.email.version, mark(campaign), trial(campaign))


def words(campaign: Campaign) -> str:
    """The versions of everything that it says, of B's mail too where there is one."""
    one = tests.of(campaign)
    others = [one.other_email.version] if one is not None and one.other_email is not None else []
    return "-".join(str(version) for version in [campaign.email.version, *others])


def mark(campaign: Campaign) -> str:
    """A short mark that changes with the choice of the audience, not with the people in it."""
    segments = [looked.said(side.all()) for side in (campaign.included, campaign.excluded)]
    return looked.mark([campaign.topic, campaign.includes_patients, campaign.resend_of_id, segments])


def choice(campaign: Campaign) -> str:
    """A short mark that changes with its name and with the choice of the audience."""
    return looked.mark([campaign.name, mark(campaign)])


def trial(campaign: Campaign) -> str:
    """A short mark that changes with its A/B test and with B's words; empty where there is no test."""
    one = tests.of(campaign)
    if one is None:
        return ""
    version = one.other_email.version if one.other_email is not None else 0
    return looked.mark([one.what, one.words, one.share, one.wait_hours, one.judged_by, one.otherwise, version])


def check(seen: Reviewed, found: Reviewed) -> None:
    """Raises ChangedSince when one differs materially from the other."""
    changes = list(_changes(seen, found))
    if changes:
        raise ChangedSince(changes)


def other_number(seen: int, found: int) -> str:
    """That so many would get it now, and another number was looked at."""
    return ngettext(
        "It would now go to %(now)s person; you looked at %(before)s.",
        "It would now go to %(now)s people; you looked at %(before)s.",
        found,
    ) % {"now": looked.figure(found), "before": looked.figure(seen)}


def _changes(seen: Reviewed, found: Reviewed) -> Iterator[str]:
    if seen.version != found.version:
        yield _("The words were changed after you looked.")
    if seen.audience != found.audience:
        yield _("Whom it goes to was changed after you looked.")
    if seen.tested != found.tested:
        yield _("The A/B test was changed after you looked.")
    if looked.is_other_number(seen.count, found.count):
        yield other_number(seen.count, found.count)
