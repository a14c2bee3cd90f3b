"""A test of two wordings: its page beside the campaign, B's mail, and the choice of the better one."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns.experiments import deciding, queries, services
from newsletter.campaigns.experiments.models import Experiment, ExperimentState, Side, What
from newsletter.campaigns.experiments.services import NotEditable, SetUpMeanwhile
from newsletter.campaigns.experiments.states import can_be_set_up, can_be_taken_back
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import queries as content
from newsletter.content.compile import NotCompilable
from newsletter.rendering import preview
from studio import previews, telling
from studio.forms.experiment import ExperimentForm
from studio.pages import show
from studio.queries import experiment as figures

TEMPLATE = "studio/results/experiment.html"


@access.may("write_emails")
def campaign_ab(request: StaffRequest, pk: int) -> HttpResponse:
    """Set up beside a draft; afterwards how it stands, and who won."""
    campaign, now = _campaign(pk), database_now()
    one = queries.of(campaign)
    is_open = can_be_set_up(one.state, campaign.status) if one else campaign.status == CampaignStatus.DRAFT
    form = ExperimentForm.of(one, request.POST or None) if is_open else None
    if form is not None and form.is_valid():
        try:
            saved = services.set_up(campaign, form.setup(), by=request.user, now=now, seen=form.seen)
        except NotEditable:
            telling.error(request, _("A colleague has scheduled it in the meantime. Take it back, then change it."))
            return redirect("studio:campaign_ab", pk=pk)
        except SetUpMeanwhile as error:
            one = queries.of(campaign)
            form.add_error(None, _set_up_by(str(error), one))
        else:
            return _saved(request, saved, is_new=one is None or one.what != What.BODY)
    context = {
        "campaign": campaign,
        "experiment": one,
        "form": form,
        "seen": queries.mark(one),
        "lines": figures.lines(campaign, one),
        "sizes": figures.sizes(campaign, one, now),
        "findings": figures.findings(campaign, one),
        "standing": figures.standing(campaign, one, now) if one and one.state != "draft" else None,
    }
    return show(request, TEMPLATE, context, now=now)


@access.may("write_emails")
@require_POST
def campaign_ab_drop(request: StaffRequest, pk: int) -> HttpResponse:
    try:
        services.drop(_campaign(pk), by=request.user)
    except NotEditable:
        telling.error(request, _("It is scheduled or has left: the test cannot be taken away any more."))
    else:
        telling.success(request, _("There is no test any more: everybody gets A."))
    return redirect("studio:campaign_ab", pk=pk)


@access.may("write_emails")
@require_POST
def campaign_ab_test(request: StaffRequest, pk: int) -> HttpResponse:
    try:
        is_planned = services.send_test(_campaign(pk), to=request.user, now=database_now())
    except NotCompilable as error:
        telling.error(request, str(error))
    else:
        if is_planned:
            said = _("A test of B leaves within seconds, to %(email)s.") % {"email": request.user.email}
            telling.success(request, said)
    return redirect("studio:campaign_ab", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_ab_choose(request: StaffRequest, pk: int, side: str) -> HttpResponse:
    if side not in Side.values:
        raise Http404
    now = database_now()
    deciding.choose(_campaign(pk), Side(side), by=request.user, now=now)
    one = queries.of(_campaign(pk))
    if one is not None and one.winner == side and can_be_taken_back(one, now):
        telling.success(request, _said_of(one))
    else:
        telling.error(request, _("There is nothing to choose: it was decided, or is not under test."))
    return redirect("studio:campaign_ab", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_ab_take_back(request: StaffRequest, pk: int) -> HttpResponse:
    deciding.take_back(_campaign(pk), by=request.user, now=database_now())
    one = queries.of(_campaign(pk))
    if one is not None and one.state == ExperimentState.TESTING:
        telling.success(request, _("Taken back. Nobody else has got anything, and the test goes on."))
    else:
        telling.error(request, _("There is nothing to take back: the minute is over."))
    return redirect("studio:campaign_ab", pk=pk)


@access.may("write_emails")
@require_GET
@previews.framed
def campaign_ab_letter(request: StaffRequest, pk: int, side: str) -> HttpResponse:
    """One side as a reader would get it, for a frame."""
    if side not in Side.values:
        raise Http404
    campaign = _campaign(pk)
    letter = queries.letter(campaign, queries.of(campaign), Side(side))
    try:
        compiled = content.compiled(letter.email, letter.instead)
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(compiled, reader).html)


def _saved(request: StaffRequest, one: Experiment, *, is_new: bool) -> HttpResponse:
    """On to the editor, where B is a whole mail that nobody has written yet; else back to the test."""
    if one.what == What.BODY and one.other_email_id and is_new:
        telling.success(request, _("This is B. Write it here, then send yourself a test of it."))
        return redirect("studio:email_edit", pk=one.other_email_id)
    telling.success(request, _("Saved. Now send yourself a test of B."))
    return redirect("studio:campaign_ab", pk=one.campaign_id)


def _set_up_by(who: str, one: Experiment | None) -> str:
    """To somebody who would write over what a colleague has chosen, which stands below."""
    if one is None:
        return _("%(who)s took the test away a moment ago. Save once more, if there is to be one.") % {"who": who}
    said = _("%(who)s changed the test a moment ago; below is what B says now. Save once more, if yours is right.")
    return said % {"who": who}


def _said_of(one: Experiment) -> str:
    """What choosing brought about: with everybody in the test, nobody is left to get anything."""
    others = one.planned_rest
    if not others:
        return _("Chosen. Everybody was in the test, so nobody gets anything more.")
    if one.campaign.status == CampaignStatus.PAUSED:
        said = ngettext(
            "Chosen. %(n)d other gets %(side)s once the campaign is resumed.",
            "Chosen. The other %(n)d get %(side)s once the campaign is resumed.",
            others,
        )
    else:
        said = ngettext(
            "Chosen. %(n)d other gets %(side)s, in a minute. Until then you can take it back.",
            "Chosen. The other %(n)d get %(side)s, in a minute. Until then you can take it back.",
            others,
        )
    return said % {"n": others, "side": one.get_winner_display()}


def _campaign(pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
