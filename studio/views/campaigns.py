"""Campaigns: the list, beginning one, its page, and the mail in its frame."""

from datetime import datetime

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import mending, queries, services
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import Draft
from newsletter.content.compile import NotCompilable
from newsletter.content.presets import offered
from newsletter.content.presets.offered import LONGEST_NAME, Offer
from newsletter.content.services import Wording
from newsletter.rendering import preview
from studio import previews, words
from studio.forms.campaigns import BeginForm
from studio.pages import show
from studio.queries import campaign as figures
from studio.queries import campaign_waiting as waiting

PER_PAGE = 25
NOTHING_NEW = 204
POLL: dict[str, int] = {CampaignStatus.SCHEDULED: 5, CampaignStatus.SENDING: 2, CampaignStatus.PAUSED: 2}
"""Seconds until the page of a campaign asks again, by its status; every second while it can be taken back."""


@access.may("send_campaigns")
@require_GET
def campaigns(request: StaffRequest) -> HttpResponse:
    is_archive = "archived" in request.GET
    page = Paginator(queries.listed(archived=is_archive), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": figures.lines(list(page.object_list)), "is_archive": is_archive}
    return show(request, "studio/campaigns/campaigns.html", context, now=database_now())


@access.may("send_campaigns")
def campaign_new(request: StaffRequest) -> HttpResponse:
    """Every preset is a button: one click, and the editor opens."""
    now = database_now()
    offers = {offer.key: offer for offer in offered.every()}
    form = BeginForm(request.POST or None, offers=offers.values())
    if request.method == "POST" and form.is_valid():
        starter = offers[form.cleaned_data["starter"]]
        name = form.cleaned_data["name"] or _named_after(starter, now)
        wording = Wording(starter.subject, starter.preheader, starter.body)
        begun = services.create(Draft(name, wording), by=request.user, now=now)
        return redirect("studio:email_edit", pk=begun.email_id)
    presented = [(offer, words.PRESETS.get(key, offer.subject)) for key, offer in offers.items()]
    return show(request, "studio/campaigns/new.html", {"form": form, "starters": presented}, now=now)


@access.may("send_campaigns")
@require_GET
def campaign(request: StaffRequest, pk: int) -> HttpResponse:
    """One campaign; while something can happen to it, the page asks again and is answered when there is news."""
    beside = ("email", "experiment", "fixing_by", "copied_from", "resend_of")
    one = get_object_or_404(Campaign.objects.select_related(*beside), pk=pk)
    now = database_now()
    after = figures.after(one) if one.planned_at else None
    few = figures.canary_of(one)
    test = waiting.test_of(one, after.progress) if after else None
    old = waiting.too_old(one, now)
    seen, last = figures.seen(one, after, waiting.mark(few, test, old), now), request.GET.get("seen", "")
    if request.htmx and last == seen:
        return HttpResponse(status=NOTHING_NEW)
    undo = figures.undo_left(one, now)
    before = figures.before(one, now) if _is_counted(request, one) else None
    context = {
        "campaign": one,
        "before": before,
        "number": one.reviewed_count or (before.audience if before else 0),
        "after": after,
        "stopped": figures.stopped(one),
        "canary": few,
        "test": test,
        "too_old": old,
        "mended": figures.mended(one, request.GET.get("words", ""), now),
        "is_open": one.status in figures.OPEN,
        "due": figures.due(one, now),
        "undo": undo,
        "poll": 1 if undo else POLL.get(one.status, 0),
        "seen": seen,
        "is_news": figures.is_news(last, seen, after),
        "has_turned": figures.has_turned(last, seen),
        "is_milestone": after is not None and last.split("-")[1:2] != [str(after.quarter)],
    }
    if request.htmx:
        return show(request, "studio/campaigns/campaign.html#live", context, now=now)
    more = figures.more(one, now)
    return show(request, "studio/campaigns/campaign.html", {**context, "more": more, "subject": _subject(one)}, now=now)


@access.may("send_campaigns")
@require_GET
@previews.framed
def campaign_letter(request: StaffRequest, pk: int) -> HttpResponse:
    """The mail as a reader would get it, for a frame: as it is saved, or as it went out."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    try:
        shown = mending.words(one)
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(shown, reader).html)


def _named_after(starter: Offer, now: datetime) -> str:
    """What it begins with and the day, as long as a name may be."""
    day = date_format(localtime(now), "j F")
    return f"{starter.name[: LONGEST_NAME - len(day) - 2]}, {day}"


def _is_counted(request: StaffRequest, one: Campaign) -> bool:
    """Whether its audience is asked for: not every second of the minute in which it can be taken back."""
    if one.status == CampaignStatus.SCHEDULED and request.htmx:
        return one.reviewed_count is None
    return one.status in figures.EDITABLE


def _subject(one: Campaign) -> str:
    """The subject that stands over the mail in its frame: as it went out, or as it is saved."""
    try:
        return mending.words(one).subject
    except NotCompilable:
        return one.email.subject
