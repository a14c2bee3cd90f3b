"""Campaigns in every state: gone out weeks ago, tried in two wordings, held after the first few, to come, a draft."""

from datetime import datetime, time, timedelta
from functools import partial

from django.db.models import QuerySet

from accounts.models import User
from clinic import queries as clinic
from config.demo.seed import letters
from config.demo.seed.letters import Letter
from config.demo.seed.readers import Readers
from config.demo.seed.story import Story
from leads.segments import services as segments
from newsletter.campaigns import again, keeping
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.experiments.models import Judge, What
from newsletter.campaigns.experiments.services import Setup
from newsletter.campaigns.models import Campaign
from newsletter.campaigns.services import Draft
from newsletter.deliveries.models import Delivery, Kind, Outcome
from newsletter.models import Variant
from newsletter.webhooks.meaning import Meaning
from newsletter.webhooks.services import Heard, hear

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKS_AGO, TRIED_AGO, TODAY = 33 * DAY, 19 * DAY, 9 * HOUR
UNTIL_LET_GO = 8 * HOUR
"""Between writing and letting go a test mail leaves: the story's clock looks every few hours."""
FEW = 20
CLICKED = {"A": 0.3, "B": 0.65}
"""How many of those who got it clicked, by the wording that they got."""
MONTHLY_ON = 1
COMES_IN, COMES_AT = 6 * DAY, time(9, 30)


def play(story: Story, readers: Readers, *, by: User) -> None:
    """Write down what staff do with campaigns; all but the last of it is over."""
    story.at(story.ends_at - WEEKS_AGO, lambda at: keeping.publish(_write(letters.LONGER_DAY, at, by), by=by))
    story.at(story.ends_at - WEEKS_AGO + UNTIL_LET_GO, lambda at: _let_go(letters.LONGER_DAY, at, by))
    story.at(story.ends_at - WEEKS_AGO + DAY, _hear_of_some)
    _try_two_subjects(story, readers, by)
    _begin_a_large_one(story, by)
    story.at(story.ends_at - TODAY, lambda at: _write(letters.QUIET_ROOM, at, by))
    story.at(story.ends_at - HOUR, lambda at: _let_go(letters.QUIET_ROOM, at, by, goes_at=_some_morning(at)))


def describe_segments(*, by: User, now: datetime) -> None:
    """Two kinds of people whom a clinic would write to apart."""
    never_booked: dict[str, object] = {"name": "booked", "not": True}
    new: list[dict[str, object]] = [{"name": "signed_up_within", "value": "30"}, never_booked]
    keen: list[dict[str, object]] = [{"name": "clicked_within", "value": "30"}, never_booked]
    segments.create(segments.Draft("New, not booked yet", new), by=by, now=now)
    segments.create(segments.Draft("Interested, not booked yet", keen), by=by, now=now)


def write_draft(*, by: User, now: datetime) -> None:
    """One that waits to be finished, and one that is begun anew every month."""
    campaigns.create(Draft(letters.WINTER.name, letters.WINTER.wording), by=by, now=now)
    again.repeat(_named(letters.LONGER_DAY), day=MONTHLY_ON, by=by, now=now)


def _try_two_subjects(story: Story, readers: Readers, by: User) -> None:
    """Written and let go on one day; a day later the better one is known, and the others get it."""
    began = story.ends_at - TRIED_AGO
    story.at(began, lambda at: _write_two(at, by))
    story.at(began + UNTIL_LET_GO, lambda at: _let_go(letters.OPEN_EVENING, at, by))
    for hours in range(9, 24, 3):
        story.at(began + UNTIL_LET_GO + hours * HOUR, partial(_click_some, readers))


def _begin_a_large_one(story: Story, by: User) -> None:
    """An hour ago: the first few have it, and the others wait until somebody has looked at what came back."""
    story.at(story.ends_at - TODAY, lambda at: _write(letters.BEFORE_THE_HOLIDAYS, at, by))
    story.at(story.ends_at - HOUR, lambda at: _let_a_few_go(at, by))
    story.at(story.ends_at - HOUR / 4, _hear_of_one)


def _write(letter: Letter, at: datetime, by: User) -> Campaign:
    campaign = campaigns.create(Draft(letter.name, letter.wording), by=by, now=at)
    campaigns.send_test(campaign.email, to=by, now=at)
    return campaign


def _write_two(at: datetime, by: User) -> None:
    campaign = _write(letters.OPEN_EVENING, at, by)
    keeping.publish(campaign, by=by)
    other = letters.OPEN_EVENING_TOO
    setup = Setup(What.SUBJECT, share=80, wait_hours=24, judged_by=Judge.CLICKS, words=other)
    experiments.set_up(campaign, setup, by=by, now=at)
    experiments.send_test(campaign, to=by, now=at + timedelta(seconds=1))


def _let_go(letter: Letter, at: datetime, by: User, *, goes_at: datetime | None = None) -> None:
    campaigns.schedule(_named(letter), at=goes_at, by=by, now=at)


def _let_a_few_go(at: datetime, by: User) -> None:
    """As if it was for more than twice as many as usual: the demo's readers are too few for that."""
    _let_go(letters.BEFORE_THE_HOLIDAYS, at, by)
    Campaign.objects.filter(pk=_named(letters.BEFORE_THE_HOLIDAYS).pk).update(canary_size=FEW)


def _click_some(readers: Readers, at: datetime) -> None:
    """Some of those who have got one of the two wordings and have not clicked."""
    campaign = _named(letters.OPEN_EVENING)
    sides = {
        variant.pk: CLICKED[variant.label] / 5
        for variant in Variant.objects.filter(email=campaign.email_id, label__in=CLICKED)
    }
    for delivery in _left(campaign).filter(variant_id__in=sides).order_by("pk"):
        if readers.story.happens(sides[delivery.variant_id]):
            readers.click_to_call(delivery.pk, at)


def _hear_of_some(at: datetime) -> None:
    """What providers tell of the first campaign: most arrived, one mailbox is gone, one person calls it unwanted."""
    said = {0: Meaning.BOUNCED, 1: Meaning.COMPLAINED}
    for number, delivery in enumerate(_left(_named(letters.LONGER_DAY)).order_by("pk")):
        hear(Heard(delivery.pk, said.get(number, Meaning.DELIVERED), at), now=at)


def _hear_of_one(at: datetime) -> None:
    """One of the first few has no mailbox any more: something to look at before the others get it."""
    first = _left(_named(letters.BEFORE_THE_HOLIDAYS)).order_by("pk").first()
    if first is not None:
        hear(Heard(first.pk, Meaning.BOUNCED, at, label="550 5.1.1 no such mailbox"), now=at)


def _left(campaign: Campaign) -> QuerySet[Delivery]:
    ended = Outcome.objects.values("delivery_id")
    return Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign.pk, pk__in=ended)


def _named(letter: Letter) -> Campaign:
    return Campaign.objects.select_related("email").get(name=letter.name, resend_of=None, copied_from=None)


def _some_morning(at: datetime) -> datetime:
    local = (at + COMES_IN).astimezone(clinic.zone())
    return local.replace(hour=COMES_AT.hour, minute=COMES_AT.minute, second=0, microsecond=0)
