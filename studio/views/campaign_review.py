"""The last look before a campaign goes: what, to how many, when, from whom, and what a check says."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import replace_url

from accounts import access
from accounts.access import StaffRequest
from accounts.queries import acts_on
from clinic.clock import database_now
from newsletter.campaigns import audience, services
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.moments import When
from newsletter.campaigns.services import ChangedSince, NotSendable, NotTyped
from newsletter.content.compile import NotCompilable
from newsletter.deliveries.models import State
from studio import telling, words
from studio.forms.campaigns import MINUTES, LookedForm, ReviewForm, WhenForm
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
        return _too_late(request, one)
    now = database_now()
    shown = review.of(one, now)
    chosen, when = _chosen(request, now)
    form = ReviewForm(request.POST or None, now=now, initial=review.initial(one, shown, now) | chosen)
    if shown.is_large:
        form.ask_for(form.people(shown.counted.total))
    if request.method == "POST" and form.is_valid() and _let_go(request, one, form, shown):
        return redirect("studio:campaign", pk=pk)
    if form.is_bound:
        when = form.moment() if form.has_moment() else None
    elif not chosen:
        when = review.as_chosen(one, now)
    context = {
        "campaign": one,
        "review": shown,
        "form": form,
        "outlook": outlook(one, shown.counted, when, now) if when else None,
        "is_waiting": shown.preflight.is_waiting,
        "number": form.people(shown.counted.total),
    }
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
    answer = show(request, PAGE + "#outlook", {"form": form, "outlook": found}, now=now)
    if found is not None:
        chosen = reverse("studio:campaign_schedule", args=[pk], query=form.chosen())
        return replace_url(answer, chosen)
    return answer


@access.may("send_campaigns")
@require_GET
def campaign_checks(request: StaffRequest, pk: int) -> HttpResponse:
    """What the checks say by now: a part of the page, asked while links are being looked at."""
    if not request.htmx:
        return redirect("studio:campaign_schedule", pk=pk)
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    now = database_now()
    return _checks(request, one, now, is_tried="tried" in request.GET)


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
        return _checks(request, one, now, is_tried=is_sent, problem="" if is_sent else said)
    (telling.success if is_sent else telling.error)(request, said)
    return redirect("studio:campaign_schedule" if request.POST.get("back") else "studio:campaign", pk=pk)


def _checks(request: StaffRequest, one: Campaign, now: datetime, *, is_tried: bool, problem: str = "") -> HttpResponse:
    """What the checks say, and the button for what the page shows: it promises no other number, and no other words.

    What became of the test is asked for first: it may leave meanwhile, and the checks then know of it, not the reverse.
    """
    became = review.last_test(one, request.user) if is_tried else None
    shown, form = review.of(one, now), LookedForm(request.POST if request.method == "POST" else request.GET)
    seen = form.reviewed() if form.is_valid() else shown.reviewed
    context = {
        "campaign": one,
        "review": shown,
        "said": _of_the_test(request, became) if is_tried else problem,
        "is_tried": is_tried,
        "is_waiting": shown.preflight.is_waiting or (is_tried and became is None),
        "number": seen.count,
        "changes": review.changes(seen, shown),
    }
    return show(request, PAGE + "#checks", context, now=now)


def _of_the_test(request: StaffRequest, became: State | None) -> str:
    """To somebody who asked for a test and waits."""
    if became is None:
        said = _("A test leaves within seconds, to %(email)s.")
    elif became == State.SUBMITTED:
        said = _("The test has left, to %(email)s. Read it as a reader does.")
    else:
        said = _("The test to %(email)s could not be handed over. Send another, and see whether it arrives.")
    return said % {"email": request.user.email}


def _too_late(request: StaffRequest, one: Campaign) -> HttpResponse:
    """Somebody pressed twice, went back, or was slower than a colleague."""
    if request.method == "POST" and one.status == CampaignStatus.SCHEDULED and one.reviewed_count is not None:
        telling.success(request, _faster(request, one) or _said(one.reviewed_count))
    else:
        telling.error(request, words.as_it_is(one))
    return redirect("studio:campaign", pk=one.pk)


def _faster(request: StaffRequest, one: Campaign) -> str:
    """That a colleague let it go first, at another time; empty where nobody did."""
    act = acts_on(f"campaign:{one.pk}").filter(act="campaign.scheduled").first()
    if act is None or act.by is None or act.by == request.user or one.goes_at is None:
        return ""
    at = f"{localtime(one.goes_at):{MINUTES}}" if one.goes_at > act.at else ""
    if at == (request.POST.get("at", "") if request.POST.get("when") == "later" else ""):
        return ""
    said = _("%(name)s scheduled it a moment before you. When it leaves stands here; until then you can take it back.")
    return said % {"name": act.by}


def _chosen(request: StaffRequest, now: datetime) -> tuple[dict[str, object], When | None]:
    """The time that the page's address tells of; one that is over by now is to be chosen again, and is not now."""
    form = WhenForm(request.GET or None, now=now)
    if form.is_valid():
        return form.chosen(), form.moment()
    return ({"when": "later"} if request.GET.get("when") == "later" else {}), None


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
            telling.success(request, _said(looked.reviewed.count))
        else:
            _too_late(request, Campaign.objects.get(pk=one.pk))
        return True
    return False


def _said(audience: int) -> str:
    return ngettext(
        "Scheduled for %(n)d person. You can take it back until it begins to leave.",
        "Scheduled for %(n)d people. You can take it back until it begins to leave.",
        audience,
    ) % {"n": audience}
