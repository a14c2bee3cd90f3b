"""The composer's pages: one for campaigns, one for the mails of the course.

Whatever happens to a save, the page comes back with what was typed: a problem with the words, a colleague who was
faster, a campaign that was scheduled in the meantime.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import access
from accounts.access import StaffRequest
from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import Draft
from newsletter.content import queries as content
from newsletter.content.blocks import Problem
from newsletter.content.compile import NotCompilable
from newsletter.content.models import EmailTemplate, Topic
from newsletter.content.services import ChangedMeanwhile
from newsletter.models import Step
from newsletter.rendering import preview
from studio import previews
from studio.forms.campaigns import AudienceForm
from studio.forms.composer import LOOK, SAVING, Composer, choices
from studio.pages import show
from studio.services import letters

Save = Callable[[], object]


@access.may("send_campaigns")
def campaign_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write a campaign. Only a draft can be changed."""
    one = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    if one.status != CampaignStatus.DRAFT and request.method != "POST":
        messages.error(request, _("Only a draft can be changed. Take it back first."))
        return redirect("studio:campaign", pk=pk)
    now = database_now()
    act = request.POST.get("act", "")
    form = AudienceForm(request.POST if act in SAVING else None, initial=_audience(one, request))
    composer = _page(request, one.email)
    if act in SAVING and form.is_valid():

        def revise() -> None:
            campaigns.revise(one, draft=_draft(form, composer), by=request.user, now=now)

        if _saved(composer, one.email, revise, by=request.user):
            messages.success(request, _("Saved."))
            edit_url = reverse("studio:campaign_edit", args=[pk])
            return redirect(f"{edit_url}#look" if act == LOOK else reverse("studio:campaign", args=[pk]))
    context = {"campaign": one, "form": form, "composer": composer, **choices()}
    return show(request, "studio/composer/campaign.html" + _part(request), context, now=now)


@access.may("change_sequences")
def letter_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write one mail of the course; what is saved without a blocking finding is mailed from then on."""
    step = get_object_or_404(Step.objects.select_related("variant__email", "version__sequence"), pk=pk)
    now = database_now()
    composer = _page(request, step.variant.email)
    if request.POST.get("act") in SAVING:

        def rewrite() -> None:
            letters.rewrite(step.variant, composer.wording(), by=request.user, now=now)

        if _saved(composer, step.variant.email, rewrite, by=request.user):
            messages.success(request, _("Saved. From now on this is what people get."))
            return redirect("studio:sequence")
    context = {"step": step, "composer": composer, **choices()}
    return show(request, "studio/composer/letter.html" + _part(request), context, now=now)


@access.may("change_sequences")
@require_POST
@previews.framed
def letter_look(request: StaffRequest, pk: int) -> HttpResponse:
    """What is typed, as a reader would get it, for the frame beside it; nothing is saved."""
    step = get_object_or_404(Step.objects.select_related("variant__email"), pk=pk)
    email, typed = step.variant.email, Composer.typed(request.POST).wording()
    email.subject, email.preheader, email.body = typed.subject, typed.preheader, typed.body
    try:
        compiled = content.compiled(email)
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(compiled, reader).html)


def _page(request: StaffRequest, email: EmailTemplate) -> Composer:
    """What stands on the page: what was typed or, to begin with, what is saved and what the linter says to it."""
    if request.method == "POST":
        return Composer.typed(request.POST)
    composer = Composer.of(email)
    composer.hints = [Problem(finding.where, finding.why) for finding in content.findings(email)]
    return composer


def _part(request: StaffRequest) -> str:
    """An act on a block asks for the words alone."""
    return "#words" if request.htmx else ""


def _saved(composer: Composer, email: EmailTemplate, save: Save, *, by: User) -> bool:
    """Try to save; what keeps it from happening stands on the page afterwards."""
    try:
        save()
    except (NotCompilable, letters.NotFit) as error:
        composer.problems = error.problems
    except ChangedMeanwhile:
        email.refresh_from_db()
        if email.updated_by_id == by.pk and composer.says_what(email):
            composer.seen_at = email.updated_at.isoformat()
            return _saved(composer, email, save, by=by)
        composer.theirs = email
    except campaigns.NotEditable:
        composer.problems = [Problem("", _("A colleague has scheduled it in the meantime. Take it back, then save."))]
    else:
        return True
    return False


def _audience(one: Campaign, request: StaffRequest) -> dict[str, object]:
    """Whom it is for: as typed when a block was moved, else as saved."""
    if request.method == "POST":
        said = request.POST
        return {"name": said.get("name"), "topic": said.get("topic"), "includes_patients": "includes_patients" in said}
    return {"name": one.name, "topic": one.topic, "includes_patients": one.includes_patients}


def _draft(form: AudienceForm, composer: Composer) -> Draft:
    said = form.cleaned_data
    return Draft(said["name"], composer.wording(), Topic(said["topic"]), bool(said["includes_patients"]))
