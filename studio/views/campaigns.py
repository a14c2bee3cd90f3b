"""Campaigns: the list, beginning one, its page, and what can be done to it."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import queries, services
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import Draft, NotSendable
from newsletter.content import presets
from newsletter.content import queries as content
from newsletter.content.compile import NotCompilable
from newsletter.content.services import Wording
from newsletter.rendering import preview
from studio import previews
from studio.forms.campaigns import BeginForm, ScheduleForm
from studio.pages import show
from studio.queries import campaign as figures

PER_PAGE = 25
NOTHING_NEW = 204
POLL: dict[str, int] = {CampaignStatus.SCHEDULED: 5, CampaignStatus.SENDING: 2, CampaignStatus.PAUSED: 2}
"""Seconds until the page of a campaign asks again, by its status."""


@access.may("send_campaigns")
@require_GET
def campaigns(request: StaffRequest) -> HttpResponse:
    page = Paginator(queries.newest_first(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": figures.lines(list(page.object_list))}
    return show(request, "studio/campaigns/campaigns.html", context, now=database_now())


@access.may("send_campaigns")
def campaign_new(request: StaffRequest) -> HttpResponse:
    now = database_now()
    form = BeginForm(request.POST or None, initial={"starter": "plain-letter"})
    if request.method == "POST" and form.is_valid():
        starter = presets.starter(form.cleaned_data["starter"])
        wording = Wording(starter.subject, starter.preheader, starter.body)
        begun = services.create(Draft(form.cleaned_data["name"], wording), by=request.user, now=now)
        return redirect("studio:campaign_edit", pk=begun.pk)
    return show(request, "studio/campaigns/new.html", {"form": form}, now=now)


@access.may("send_campaigns")
@require_GET
def campaign(request: StaffRequest, pk: int) -> HttpResponse:
    """One campaign; while something can happen to it, the page asks again and is answered when there is news."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    now = database_now()
    after = figures.after(one) if one.planned_at else None
    seen = figures.seen(one, after, now)
    last = request.GET.get("seen", "")
    if request.htmx and last == seen:
        return HttpResponse(status=NOTHING_NEW)
    context = {
        "campaign": one,
        "before": figures.before(one, now) if one.status in figures.EDITABLE else None,
        "after": after,
        "stopped": figures.stopped(one),
        "is_open": one.status in figures.OPEN,
        "poll": POLL.get(one.status, 0),
        "seen": seen,
        "is_news": after is None or last.partition("-")[0] != seen.partition("-")[0],
        "is_milestone": after is not None and last.split("-")[1:2] != [str(after.quarter)],
    }
    template = "studio/campaigns/campaign.html" + ("#live" if request.htmx else "")
    return show(request, template, context, now=now)


@access.may("send_campaigns")
@require_GET
@previews.framed
def campaign_letter(request: StaffRequest, pk: int) -> HttpResponse:
    """The mail as a reader would get it, for a frame; what is saved, not what was frozen."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    try:
        compiled = content.compiled(one.email)
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(compiled, reader).html)


@access.may("send_campaigns")
@require_POST
def campaign_test(request: StaffRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    try:
        services.send_test(one.email, to=request.user, now=database_now())
    except NotCompilable as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("A test leaves within seconds, to %(email)s.") % {"email": request.user.email})
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
def campaign_schedule(request: StaffRequest, pk: int) -> HttpResponse:
    """The last look: what, to how many, when. Nothing leaves for a minute after this."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    if one.status != CampaignStatus.DRAFT:
        if request.method == "GET":
            messages.error(request, _("Only a draft can be sent. This one is scheduled already, or has left."))
        return redirect("studio:campaign", pk=pk)
    now = database_now()
    form = ScheduleForm(request.POST or None, now=now)
    before = figures.before(one, now)
    if request.method == "POST" and form.is_valid():
        try:
            is_new = services.schedule(one, at=form.moment(), by=request.user, now=now)
        except NotSendable as error:
            form.add_error(None, " ".join(error.reasons))
        else:
            if is_new:
                messages.success(request, _said(before.audience))
            return redirect("studio:campaign", pk=pk)
    context = {"campaign": one, "before": before, "form": form}
    return show(request, "studio/campaigns/schedule.html", context, now=now)


@access.may("send_campaigns")
@require_POST
def campaign_unschedule(request: StaffRequest, pk: int) -> HttpResponse:
    if services.unschedule(get_object_or_404(Campaign, pk=pk), by=request.user):
        messages.success(request, _("Taken back. It is a draft again, and nobody has got it."))
    else:
        messages.error(request, _("It has begun to leave. You can pause or cancel it."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_pause(request: StaffRequest, pk: int) -> HttpResponse:
    if services.pause(get_object_or_404(Campaign, pk=pk), by=request.user):
        messages.success(request, _("Paused. What has not left stays here until you resume."))
    else:
        messages.error(request, _("There is nothing to pause: it is not leaving now."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_resume(request: StaffRequest, pk: int) -> HttpResponse:
    if services.resume(get_object_or_404(Campaign, pk=pk), by=request.user):
        messages.success(request, _("It goes on where it stopped."))
    else:
        messages.error(request, _("There is nothing to resume: it was not paused."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
def campaign_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask first: what is cancelled never leaves."""
    one = get_object_or_404(Campaign, pk=pk)
    now = database_now()
    if request.method == "POST" and services.cancel(one, by=request.user, now=now):
        messages.success(request, _("Cancelled. What has not left never will."))
        return redirect("studio:campaign", pk=pk)
    if request.method == "POST" or one.status not in figures.OPEN:
        messages.error(request, _("It had ended already."))
        return redirect("studio:campaign", pk=pk)
    context = {
        "title": _("Cancel “%(name)s”?") % {"name": one.name},
        "sentence": _at_stake(one),
        "form": None,
        "button": _("Cancel the campaign"),
        "is_danger": True,
        "back_url": reverse("studio:campaign", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=now)


def _at_stake(one: Campaign) -> str:
    """What cancelling does, with a number once there is one."""
    if one.planned_at is None:
        return _("Nobody has got it, and nobody will. A cancelled campaign cannot be taken up again.")
    waiting = queries.progress(one).waiting
    return ngettext(
        "%(n)d mail has not left and never will. What has left cannot be called back.",
        "%(n)d mails have not left and never will. What has left cannot be called back.",
        waiting,
    ) % {"n": waiting}


def _said(audience: int) -> str:
    return ngettext(
        "Scheduled for %(n)d person. You can take it back until it begins to leave.",
        "Scheduled for %(n)d people. You can take it back until it begins to leave.",
        audience,
    ) % {"n": audience}
