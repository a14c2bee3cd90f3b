"""Whom a campaign is for: chosen and counted at once while it is a draft; once it is planned, who that was."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import audience, review, services
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import ChosenMeanwhile, NotEditable, SegmentGone
from studio import telling
from studio.forms.campaigns import AudienceForm
from studio.pages import show

PAGE = "studio/campaigns/audience.html"


@access.may("send_campaigns")
def campaign_audience(request: StaffRequest, pk: int) -> HttpResponse:
    """What is clicked is saved; what cannot be saved is said beside the count."""
    one = _campaign(pk)
    now = database_now()
    form = AudienceForm.of(one, request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, readers = form.cleaned_data["name"], form.readers()
        try:
            services.choose(one, name=name, readers=readers, by=request.user, seen=form.seen)
        except NotEditable:
            telling.error(request, _("It is no draft any more. Take it back to change whom it is for."))
            return _to(request, "studio:campaign", pk)
        except ChosenMeanwhile as error:
            telling.error(
                request, _("%(who)s changed this a moment ago; here it is. Yours is not saved.") % {"who": error}
            )
            return _to(request, "studio:campaign_audience", pk)
        except SegmentGone:
            telling.error(request, _("A segment that you ticked was deleted a moment ago. Yours is not saved."))
            return _to(request, "studio:campaign_audience", pk)
        if not request.htmx:
            return redirect("studio:campaign", pk=pk)
        one = _campaign(pk)
    context = {
        "campaign": one,
        "form": form,
        "counted": audience.planned(one) or audience.count(one, now),
        "seen": review.choice(one),
        "is_draft": one.status == CampaignStatus.DRAFT,
    }
    return show(request, PAGE + ("#count" if request.htmx else ""), context, now=now)


def _campaign(pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("email"), pk=pk)


def _to(request: StaffRequest, page: str, pk: int) -> HttpResponse:
    """To a whole page, also where only a part of one was asked for."""
    if request.htmx:
        return HttpResponse(headers={"HX-Redirect": reverse(page, args=[pk])})
    return redirect(page, pk=pk)
