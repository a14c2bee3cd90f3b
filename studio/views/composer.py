"""The composer's pages: one for campaigns, one for the mails of the course."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import Draft
from newsletter.content.compile import NotCompilable
from newsletter.content.models import Topic, Variant
from newsletter.content.services import ChangedMeanwhile
from newsletter.models import Step
from studio.forms.campaigns import AudienceForm
from studio.forms.composer import Composer, choices
from studio.pages import show
from studio.services import letters


@access.may("send_campaigns")
def campaign_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write a campaign. Only a draft can be changed."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    if one.status != CampaignStatus.DRAFT:
        messages.error(request, _("Only a draft can be changed. Take it back first."))
        return redirect("studio:campaign", pk=pk)
    now = database_now()
    form = AudienceForm(request.POST or None, initial=_audience(one))
    composer, touched = _typed(request, one)
    if request.POST.get("act") == "save" and form.is_valid():
        draft = Draft(form.cleaned_data["name"], composer.wording(), Topic(form.cleaned_data["topic"]), _patients(form))
        if _saved(composer, lambda: campaigns.revise(one, draft=draft, by=request.user, now=now)):
            messages.success(request, _("Saved."))
            return redirect("studio:campaign", pk=pk)
    context = {"campaign": one, "form": form, "composer": composer, "touched": touched, **choices()}
    return show(request, "studio/composer/campaign.html", context, now=now)


@access.may("change_sequences")
def letter_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write one mail of the course; what is saved without a blocking finding is mailed from then on."""
    step = get_object_or_404(Step.objects.select_related("variant__email", "version__sequence"), pk=pk)
    now = database_now()
    composer, touched = _typed(request, step.variant)
    if request.POST.get("act") == "save" and _saved(
        composer, lambda: letters.rewrite(step.variant, composer.wording(), by=request.user, now=now)
    ):
        messages.success(request, _("Saved. From now on this is what people get."))
        return redirect("studio:sequence")
    context = {"step": step, "composer": composer, "touched": touched, **choices()}
    return show(request, "studio/composer/letter.html", context, now=now)


def _typed(request: StaffRequest, owner: Campaign | Variant) -> tuple[Composer, int | None]:
    """What stands on the page, with the act of the pressed button done to it."""
    if request.method != "POST":
        return Composer.of(owner.email), None
    composer = Composer.typed(request.POST)
    return composer, composer.apply(request.POST.get("act", ""))


def _saved(composer: Composer, save: letters.Save) -> bool:
    try:
        save()
    except NotCompilable as error:
        composer.problems = [str(problem) for problem in error.problems]
    except letters.NotFit as error:
        composer.problems = error.reasons
    except ChangedMeanwhile:
        composer.problems = [
            _("A colleague saved this email while you were writing. Open it in a second window to see their words.")
        ]
    except campaigns.NotEditable:
        composer.problems = [_("It was scheduled in the meantime. Take it back first.")]
    else:
        return True
    return False


def _audience(one: Campaign) -> dict[str, object]:
    return {"name": one.name, "topic": one.topic, "includes_patients": one.includes_patients}


def _patients(form: AudienceForm) -> bool:
    return bool(form.cleaned_data["includes_patients"])
