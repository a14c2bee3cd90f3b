"""What a campaign brought, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.campaigns.experiments import odds
from newsletter.campaigns.experiments import queries as experiments
from newsletter.campaigns.experiments.models import Experiment
from newsletter.campaigns.experiments.odds import Arm
from newsletter.campaigns.models import Campaign
from newsletter.campaigns.results import queries
from newsletter.campaigns.results.domains import Mailboxes
from newsletter.campaigns.results.queries import Edition, Group, Hour, Numbers, Part, Sums
from newsletter.tracking.models import FactKind
from studio.queries.result_figures import Figure, came_back, ends, heads

SURE = 0.95
"""From this probability on a campaign is said to have done better, or worse, than those before it."""
COLUMN = 10
"""The width of one hour's column in the drawing, of which a fifth stays free."""
HEIGHT = 100
FEWEST = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour's column: where it stands and how high, in the drawing's units."""

    hour: Hour
    x: int
    y: int
    height: int
    is_midnight: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One campaign in the comparison; rates in per cent, bars against the highest rate of clicks."""

    campaign: Campaign
    sums: Sums
    width: int
    is_this: bool

    @property
    def clicked(self) -> float:
        return _percent(self.sums.clicked, self.sums.mailed)

    @property
    def booked(self) -> float:
        return _percent(self.sums.booked, self.sums.mailed)

    @property
    def unsubscribed(self) -> float:
        return _percent(self.sums.unsubscribed, self.sums.mailed)


@dataclass(frozen=True, slots=True)
class Named:
    """One part of a test by its name."""

    name: str | Promise
    part: Part

    @property
    def percent(self) -> float:
        return _percent(self.part.clicked, self.part.mailed)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page. `ends` add up to what was planned; `usual` is "more", "fewer", "same" or nothing.

    `wordings` are the names of the editions, by their revisions.
    """

    numbers: Numbers
    heads: list[Figure]
    ends: list[Figure]
    came_back: list[Figure]
    hours: list[Hour]
    bars: list[Bar]
    peak: Hour | None
    editions: list[Edition]
    wordings: dict[int, str]
    mailboxes: list[Mailboxes]
    parts: list[Named]
    compared: list[Compared]
    usual: str

    @property
    def width(self) -> int:
        """The drawing's width in its own units; of half a day at least, so that one hour is no wall."""
        return COLUMN * max(len(self.bars), FEWEST)

    @property
    def named_editions(self) -> list[tuple[Edition, str]]:
        return [(edition, self.wordings[edition.revision.pk]) for edition in self.editions]

    @property
    def is_wide(self) -> bool:
        """Whether the last hour stands at the right edge."""
        return len(self.bars) >= FEWEST

    @property
    def last(self) -> Hour:
        return self.bars[-1].hour

    @property
    def tells_delivered(self) -> bool:
        """Whether the provider says what reached a mailbox; a plain mail server does not."""
        return self.numbers.fact(FactKind.DELIVERED) > 0


def report(campaign: Campaign) -> Report:
    """The whole page in a number of questions that does not depend on how many people it is about."""
    numbers = queries.numbers(campaign)
    hours = queries.hours(campaign, zone=timezone.get_current_timezone_name())
    compared, everybody, test = _compared(campaign), queries.groups(campaign), experiments.of(campaign)
    editions = queries.editions(campaign, everybody)
    return Report(
        numbers=numbers,
        heads=heads(numbers),
        ends=ends(numbers),
        came_back=came_back(numbers),
        hours=hours,
        bars=bars(hours),
        peak=max(hours, key=lambda hour: (not hour.is_rest, hour.clicked), default=None),
        editions=editions,
        wordings=_wordings(test, editions),
        mailboxes=queries.mailboxes(everybody),
        parts=_parts(test, everybody),
        compared=compared,
        usual=_usual(compared),
    )


def bars(hours: list[Hour]) -> list[Bar]:
    """Columns of people who clicked for the first time, against the highest; what came after them is in the table."""
    shown = [hour for hour in hours if not hour.is_rest]
    most = max((hour.clicked for hour in shown), default=0) or 1
    return [
        Bar(hour, place * COLUMN, HEIGHT - height, height, timezone.localtime(hour.at).hour == 0)
        for place, hour in enumerate(shown)
        for height in [round(HEIGHT * hour.clicked / most)]
    ]


def last_line() -> tuple[Campaign, Sums] | None:
    """The campaign that began to leave last, and what it has brought so far."""
    found = queries.latest(most=1)
    return (found[0], queries.sums(found)[found[0].pk]) if found else None


def _parts(test: Experiment | None, everybody: Sequence[Group]) -> list[Named]:
    """A's, B's and the rest's, where there was a test."""
    if test is None or test.variant_rest_id is None:
        return []
    return [Named(_name(test, part.variant_id), part) for part in queries.parts(everybody)]


def _wordings(test: Experiment | None, editions: Sequence[Edition]) -> dict[int, str]:
    """What tells the editions apart besides their subject: whose they are in a test, and whether they were mended."""
    by_age = sorted((edition.revision for edition in editions), key=lambda revision: revision.number)
    first = {revision.variant_id: revision.pk for revision in reversed(by_age)}
    found: dict[int, str] = {}
    for revision in by_age:
        names = [str(_name(test, revision.variant_id))] if test is not None and test.variant_rest_id else []
        if len([one for one in by_age if one.variant_id == revision.variant_id]) > 1:
            names.append(
                gettext("as it began") if revision.pk == first[revision.variant_id] else gettext("as it was mended")
            )
        found[revision.pk] = ", ".join(names)
    return found


def _name(one: Experiment, variant_id: int) -> str | Promise:
    if variant_id == one.variant_b_id:
        return "B"
    if variant_id != one.variant_rest_id:
        return "A"
    return _("The others, who got %(side)s") % {"side": one.get_winner_display()} if one.winner else _("The others")


def _compared(campaign: Campaign) -> list[Compared]:
    """Beside it those that left before it, the newest first."""
    campaigns = [campaign, *queries.latest(before=campaign)]
    sums = queries.sums(campaigns)
    best = max((_percent(one.clicked, one.mailed) for one in sums.values()), default=0) or 1
    return [
        Compared(one, found, round(100 * _percent(found.clicked, found.mailed) / best), one.pk == campaign.pk)
        for one in campaigns
        for found in [sums[one.pk]]
    ]


def _usual(compared: list[Compared]) -> str:
    """How likely this one is better than those before it taken together; nothing where there is nothing before it."""
    this, before = compared[0].sums, [one.sums for one in compared[1:]]
    usual = Arm(sum(one.mailed for one in before), sum(one.clicked for one in before))
    if not usual.mailed or not this.mailed:
        return ""
    likely = odds.b_is_better(usual, Arm(this.mailed, min(this.clicked, this.mailed)))
    return "more" if likely >= SURE else "fewer" if likely <= 1 - SURE else "same"


def _percent(count: int, of: int) -> float:
    return 100 * count / of if of else 0.0
