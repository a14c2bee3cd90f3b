"""One campaign that went out weeks ago, and a draft that waits to be finished."""

from datetime import datetime, timedelta

from accounts.models import User
from config.demo.seed.story import Story
from leads.segments import services as segments
from newsletter.campaigns import keeping
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.services import Draft
from newsletter.content import presets
from newsletter.content.presets.writing import Preset, button, text
from newsletter.content.services import Wording

LETTER = (
    text("""
        Hello {{ first_name|there }},

        From this month on, the clinic is open on Wednesdays until five. Many of you asked for an hour after
        lunch that is not rushed; now there is one.

        If you have been thinking about a first visit, this is a good time to look at the calendar. If you
        would rather talk first, the free call is still there.
    """),
    button("Choose a time for a free call", "call"),
)
WEEKS_AGO = timedelta(days=33)


def schedule_past_campaign(story: Story, *, by: User) -> None:
    moment = story.ends_at - WEEKS_AGO
    story.at(moment, lambda at: _write_and_schedule(at, by))


def describe_segments(*, by: User, now: datetime) -> None:
    """Two kinds of people whom a clinic would write to apart."""
    never_booked: dict[str, object] = {"name": "booked", "not": True}
    new: list[dict[str, object]] = [{"name": "signed_up_within", "value": "30"}, never_booked]
    keen: list[dict[str, object]] = [{"name": "clicked_within", "value": "30"}, never_booked]
    segments.create(segments.Draft("New, not booked yet", new), by=by, now=now)
    segments.create(segments.Draft("Interested, not booked yet", keen), by=by, now=now)


def write_draft(*, by: User, now: datetime) -> None:
    starter = presets.starter("clinic-news")
    wording = Wording("Winter hours, and a quiet room", "Two small things that change in December.", starter.body)
    campaigns.create(Draft("Winter news", wording), by=by, now=now)


def _write_and_schedule(at: datetime, by: User) -> None:
    body = Preset("", "", "", "", LETTER).body
    wording = Wording("A longer Wednesday", "New hours, and time for a call.", body)
    campaign = campaigns.create(Draft("Longer Wednesdays", wording), by=by, now=at)
    keeping.publish(campaign, by=by)
    campaigns.send_test(campaign.email, to=by, now=at)
    campaigns.schedule(campaign, at=at + timedelta(hours=1), by=by, now=at)
