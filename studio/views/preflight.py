"""The checks before mail goes out: the claims rules in force, words allowed for a reason, links looked at again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import mailing, preflight
from newsletter.campaigns.models import Campaign
from newsletter.content import overrides
from newsletter.content.models import EmailTemplate, Override
from studio import words
from studio.forms.preflight import ReasonForm, TagsForm
from studio.pages import show
from studio.queries import rules


@access.may("write_emails")
@require_GET
def claims(request: StaffRequest) -> HttpResponse:
    """What emails may not say here, in plain words, and what was allowed all the same."""
    return show(request, "studio/preflight/claims.html", {"rules": rules.in_force()}, now=database_now())


@access.may("send_campaigns")
def finding_allow(request: StaffRequest, pk: int, key: str) -> HttpResponse:
    """Ask why words that a rule forbids are right where they stand, and write it down."""
    email = get_object_or_404(EmailTemplate, pk=pk)
    finding = rules.finding(email, key)
    if finding is None:
        messages.error(request, _("These words do not stand there any more, or were allowed already."))
        return redirect(rules.back(email))
    form = ReasonForm(request.POST or None)
    now = database_now()
    if request.method == "POST" and form.is_valid():
        overrides.allow(email, finding, reason=form.cleaned_data["reason"], by=request.user, now=now)
        messages.success(request, _("Allowed, in this sentence of this email, as long as it stands there."))
        return redirect(rules.back(email))
    context = {"email": email, "finding": finding, "form": form, "back_url": rules.back(email)}
    return show(request, "studio/preflight/allow.html", context, now=now)


@access.may("send_campaigns")
@require_POST
def override_take_back(request: StaffRequest, pk: int) -> HttpResponse:
    override = get_object_or_404(Override.objects.select_related("email"), pk=pk)
    if overrides.take_back(override, by=request.user, now=database_now()):
        messages.success(request, _("Taken back. The rule holds again."))
    else:
        messages.error(request, _("It was taken back already."))
    return redirect(rules.back(override.email))


@access.may("send_campaigns")
def campaign_tags(request: StaffRequest, pk: int) -> HttpResponse:
    """What other websites are told when a reader follows a link to them."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = TagsForm(request.POST or None, initial=mailing.told(campaign))
    back_url = reverse("studio:campaign_schedule", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            mailing.tell(campaign, form.cleaned_data, by=request.user)
        except mailing.NotEditable:
            messages.error(request, _("Only a draft can be changed."))
        else:
            messages.success(request, _("Saved. Links to other websites will carry it."))
        return redirect(back_url)
    context = {
        "title": _("What other websites are told"),
        "sentence": _(
            "When a reader follows a link to another website, its statistics can see that the visitor came from this "
            "mail. Links to our own pages need nothing."
        ),
        "form": form,
        "button": _("Save"),
        "back_url": back_url,
    }
    return show(request, "studio/confirm.html", context, now=database_now())


@access.may("send_campaigns")
@require_POST
def links_check(request: StaffRequest, pk: int) -> HttpResponse:
    """Have the links of a campaign looked at again, because somebody has mended one."""
    campaign = get_object_or_404(Campaign.objects.select_related("email"), pk=pk)
    messages.success(request, words.links_asked(preflight.ask_again(campaign, database_now())))
    return redirect(reverse("studio:campaign_schedule", args=[pk]))
