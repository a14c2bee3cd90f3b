"""Another campaign out of one that is there: a copy, once more to those who did not click, a draft every month."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from clinic import queries as clinic
from newsletter.campaigns import states
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.experiments.models import Side
from newsletter.campaigns.experiments.queries import Letter
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import services as content
from newsletter.content.models import EmailKind
from newsletter.content.services import Wording

RESEND_AFTER = timedelta(days=2)
SAME_PRESS = timedelta(seconds=10)
"""So soon after the first nobody wants a second copy: somebody pressed twice."""
LONGEST_NAME = 120
KEPT = ("topic", "includes_patients", "timing", "spread_hours")
LABELS = ("utm_source", "utm_medium", "utm_campaign")


class NotAgain(Exception):
    """It cannot go once more; the sentence says why."""


@transaction.atomic
def copy(campaign: Campaign, *, by: User | None, now: datetime, name: str = "") -> Campaign:
    """A new draft with the same words, for the same audience; pressed twice it is one."""
    found = states.locked(campaign)
    just_made = found.copies.filter(created_by=by, created_at__gt=now - SAME_PRESS, resend_of=None).first()
    name = name or _("Copy of %(name)s") % {"name": found.name}
    return just_made or _made(found, name=name, by=by, now=now)


def why_not(campaign: Campaign, now: datetime) -> str:
    """Why it cannot go once more now; empty when it can."""
    if campaign.status != CampaignStatus.FINISHED or campaign.planned_at is None:
        return _("Only a campaign that has left as a whole can go once more.")
    if campaign.resend_of_id is not None:
        return _("This is the second time already. A third time would only annoy people.")
    if once_more(campaign) is not None:
        return _("It goes, or went, once more already. A third time would only annoy people.")
    if now < campaign.planned_at + RESEND_AFTER:
        return _("Give people two days to read it first.")
    return ""


def once_more(campaign: Campaign) -> Campaign | None:
    """The one that goes, or went, to those who did not click."""
    return campaign.resends.exclude(status=CampaignStatus.CANCELLED).first()


@transaction.atomic
def resend(campaign: Campaign, *, subject: str, by: User, now: datetime) -> Campaign:
    """A draft for those who got this one and did not click, under a subject of its own. Raises NotAgain."""
    found = states.locked(campaign)
    subject = subject.strip()
    reason = why_not(found, now)
    if not reason and subject in {"", *(_subject(letter) for letter in tests.letters(found))}:
        reason = _("Write another subject: the one it had did not make them open it.")
    if reason:
        raise NotAgain(reason)
    name = _("Once more: %(name)s") % {"name": found.name}
    return _made(found, name=name, by=by, now=now, subject=subject, resend_of=found)


@transaction.atomic
def repeat(campaign: Campaign, *, day: int | None, by: User, now: datetime) -> None:
    """Have a draft made out of this one on this day of every month; with no day, no more."""
    found = states.locked(campaign)
    states.update(found, repeats_on_day=day, next_draft_on=_next(day, _today(now)) if day else None)
    states.record("repeats" if day else "repeats_no_more", found, by, **({"day": day} if day else {}))


def draft_due(now: datetime) -> int:
    """Make every monthly draft whose day has come; nothing is sent. How many were made."""
    due = Campaign.objects.filter(next_draft_on__lte=_today(now)).order_by("next_draft_on", "pk")
    return sum(_draft(pk, now) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def _draft(campaign_id: int, now: datetime) -> bool:
    """One draft, however many months were missed; False when another tick makes it."""
    today = _today(now)
    mine = Campaign.objects.select_for_update(skip_locked=True, of=["self"]).select_related("email")
    campaign = mine.filter(pk=campaign_id, next_draft_on__lte=today).first()
    if campaign is None or campaign.repeats_on_day is None:
        return False
    states.update(campaign, next_draft_on=_next(campaign.repeats_on_day, today))
    month = date_format(today, "F Y")
    _made(campaign, name=f"{campaign.name[: LONGEST_NAME - len(month) - 2]}, {month}", by=None, now=now)
    return True


def _made(campaign: Campaign, *, name: str, by: User | None, now: datetime, **other: object) -> Campaign:
    """A draft for the same audience; with the words of the better one, where two were tried."""
    letter = _better(campaign)
    preheader = letter.instead.preheader or letter.email.preheader
    wording = Wording(str(other.pop("subject", _subject(letter))), preheader, letter.email.body)
    name = name[:LONGEST_NAME]
    made = Campaign.objects.create(
        name=name,
        email=content.create(wording, kind=EmailKind.CAMPAIGN, name=name, topic=campaign.topic, now=now),
        sender_name=letter.instead.sender_name,
        copied_from=campaign,
        created_at=now,
        created_by=by,
        **{field: getattr(campaign, field) for field in KEPT + LABELS},
        **other,
    )
    made.included.set(campaign.included.all())
    made.excluded.set(campaign.excluded.all())
    states.record("created", made, by, out_of=campaign.pk)
    return made


def _better(campaign: Campaign) -> Letter:
    """What the campaign says or, where a test was decided, what the winner said."""
    one = tests.of(campaign)
    return tests.letter(campaign, one, Side(one.winner) if one and one.winner else Side.A)


def _subject(letter: Letter) -> str:
    return letter.instead.subject or letter.email.subject


def _today(now: datetime) -> date:
    return now.astimezone(clinic.zone()).date()


def _next(day: int, after: date) -> date:
    """The next date with this day of the month after the one given."""
    if after.day < day:
        return after.replace(day=day)
    return (after.replace(day=1) + timedelta(days=32)).replace(day=day)
