"""The last look before a campaign goes: what, to how many, when, from whom, and what a check says."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import audience, services
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import ChangedSince, NotSendable, NotTyped
from newsletter.content.compile import NotCompilable
from studio.forms.campaigns import ReviewForm, WhenForm
from studio.pages import show
from studio.queries import campaign_review as review
from studio.queries.campaign_review import Review
from studio.queries.campaign_when import outlook

PAGE = "studio/campaigns/review.html"


@access.may("send_campaigns")
def campaign_schedule(request: StaffRequest, pk: int) -> HttpResponse:
    """What is pressed is what was looked at; nothing leaves for a minute after that."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    if one.status != CampaignStatus.DRAFT:
        if request.method == "GET":
            messages.error(request, _("Only a draft can be sent. This one is scheduled already, or has left."))
        return redirect("studio:campaign", pk=pk)
    now = database_now()
    shown = review.of(one, now)
    form = ReviewForm(request.POST or None, now=now, initial=review.initial(one, shown, now))
    if shown.is_large:
        form.ask_for(shown.counted.total)
    if request.method == "POST" and form.is_valid() and _let_go(request, one, form, shown):
        return redirect("studio:campaign", pk=pk)
    when = form.moment() if form.is_bound and form.is_valid() else review.as_chosen(one, now)
    context = {"campaign": one, "review": shown, "form": form, "outlook": outlook(one, shown.counted, when, now)}
    return show(request, PAGE, context, now=now)


@access.may("send_campaigns")
@require_GET
def campaign_when(request: StaffRequest, pk: int) -> HttpResponse:
    """What a time means that is only thought about: a part of the page, asked while staff choose."""
    if not request.htmx:
        return redirect("studio:campaign_schedule", pk=pk)
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    now = database_now()
    form = WhenForm(request.GET, now=now)
    found = outlook(one, audience.count(one, now), form.moment(), now) if form.is_valid() else None
    context = {"form": form, "outlook": found}
    return show(request, PAGE + "#outlook", context, now=now)


@access.may("send_campaigns")
@require_GET
def campaign_checks(request: StaffRequest, pk: int) -> HttpResponse:
    """What the checks say by now: a part of the page, asked while links are being looked at."""
    if not request.htmx:
        return redirect("studio:campaign_schedule", pk=pk)
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    now = database_now()
    return show(request, PAGE + "#checks", {"campaign": one, "review": review.of(one, now)}, now=now)


@access.may("send_campaigns")
@require_POST
def campaign_test(request: StaffRequest, pk: int) -> HttpResponse:
    """Mail it to whoever asks. From the last look it comes back there, without losing what was chosen."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    now = database_now()
    try:
        services.send_test(one.email, to=request.user, now=now)
    except NotCompilable as error:
        is_sent, said = False, str(error)
    else:
        is_sent, said = True, _("A test leaves within seconds, to %(email)s.") % {"email": request.user.email}
    if request.htmx:
        context = {"campaign": one, "review": review.of(one, now), "said": said}
        return show(request, PAGE + "#checks", context, now=now)
    (messages.success if is_sent else messages.error)(request, said)
    return redirect("studio:campaign_schedule" if request.POST.get("back") else "studio:campaign", pk=pk)


def _let_go(request: StaffRequest, one: Campaign, form: ReviewForm, shown: Review) -> bool:
    """Whether it goes, or went before; what keeps it stands in the form."""
    looked = form.looked()
    try:
        is_new = services.schedule(one, at=form.moment(), looked=looked, by=request.user, now=form.now)
    except NotSendable as error:
        form.add_error(None, " ".join(error.reasons))
    except ChangedSince as error:
        form.add_error(None, " ".join([*error.changes, _("Look again, and press the button once more.")]))
        form.look_again(review.looked_at(shown))
    except NotTyped:
        form.add_error("typed", _("Type %(n)d: so many people would get it.") % {"n": looked.reviewed.count})
    else:
        if is_new:
            messages.success(request, _said(looked.reviewed.count))
        return True
    return False


def _said(audience: int) -> str:
    return ngettext(
        "Scheduled for %(n)d person. You can take it back until it begins to leave.",
        "Scheduled for %(n)d people. You can take it back until it begins to leave.",
        audience,
    ) % {"n": audience}
