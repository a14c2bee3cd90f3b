"""What can be done to a campaign: held, mended, ended, sent once more, copied, put away, shown to everybody."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns import again, keeping, mending, queries, services, states
from newsletter.campaigns.again import NotAgain
from newsletter.campaigns.keeping import NotPublic
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.services import ChangedSince, NotSendable
from studio import telling, words
from studio.forms.campaigns import CancelForm, RepeatForm, ResendForm
from studio.pages import show
from studio.queries import campaign as figures


@access.may("send_campaigns")
@require_POST
def campaign_unschedule(request: StaffRequest, pk: int) -> HttpResponse:
    services.unschedule(_campaign(pk), by=request.user)
    done = _("Taken back. It is a draft again, and nobody has got it.")
    return _told(request, pk, wanted=CampaignStatus.DRAFT, done=done)


@access.may("send_campaigns")
@require_POST
def campaign_pause(request: StaffRequest, pk: int) -> HttpResponse:
    services.pause(_campaign(pk), by=request.user)
    done = _("Paused. What has not left stays here until you resume.")
    return _told(request, pk, wanted=CampaignStatus.PAUSED, done=done)


@access.may("send_campaigns")
@require_POST
def campaign_resume(request: StaffRequest, pk: int) -> HttpResponse:
    services.resume(_campaign(pk), by=request.user, now=database_now())
    return _told(request, pk, wanted=CampaignStatus.SENDING, done=_("It goes on where it stopped."))


@access.may("send_campaigns")
@require_POST
def campaign_others(request: StaffRequest, pk: int) -> HttpResponse:
    """Whoever is not among the first few gets it too; a press of its own, so that "Resume" never means this."""
    services.send_to_the_others(_campaign(pk), by=request.user, now=database_now())
    done = _("It goes on, to all the others.")
    return _told(request, pk, wanted=CampaignStatus.SENDING, done=done, act="campaign.canary_passed")


@access.may("send_campaigns")
@require_POST
def campaign_mend(request: StaffRequest, pk: int) -> HttpResponse:
    """Hold it, and open its words for those who have not got it."""
    one = _campaign(pk)
    if mending.begin(one, by=request.user, now=database_now()):
        return redirect("studio:email_edit", pk=one.email_id)
    telling.error(request, _("Only what is leaving can be mended. A draft you can simply change."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_mended(request: StaffRequest, pk: int) -> HttpResponse:
    """Go on with the new words, if they are those that stood on the page."""
    try:
        mending.finish(_campaign(pk), looked=request.POST.get("words", ""), by=request.user, now=database_now())
    except NotSendable as error:
        telling.error(request, " ".join([_("It cannot go on like this."), *error.reasons]))
        return redirect("studio:campaign", pk=pk)
    except ChangedSince as error:
        telling.error(request, " ".join([*error.changes, _("Read them on this page, then press once more.")]))
        return redirect("studio:campaign", pk=pk)
    done = _("It goes on, with the new words.")
    return _told(request, pk, wanted=CampaignStatus.SENDING, done=done, act="campaign.mended")


@access.may("send_campaigns")
@require_POST
def campaign_unmended(request: StaffRequest, pk: int) -> HttpResponse:
    """Go on with the words that went out so far."""
    mending.give_up(_campaign(pk), looked=request.POST.get("begun", ""), by=request.user, now=database_now())
    done = _("It goes on, with the old words. The new ones are kept among the earlier versions.")
    return _told(request, pk, wanted=CampaignStatus.SENDING, done=done, act="campaign.not_mended")


@access.may("send_campaigns")
def campaign_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask first: what is cancelled never leaves. A number is typed only while half of it or more has not left."""
    one = _campaign(pk)
    done = _("Cancelled. What has not left never will.")
    if one.status not in states.OPEN:
        return _told(request, pk, wanted=CampaignStatus.CANCELLED, done=done)
    waiting = queries.progress(one).waiting if one.planned_at else 0
    asks = one.planned_at is not None and 2 * waiting >= one.planned_count > 0
    form = CancelForm(request.POST or None, initial={"waiting": waiting}) if asks else None
    if request.method == "POST" and (form is None or form.is_valid()):
        services.cancel(one, by=request.user, now=database_now())
        return _told(request, pk, wanted=CampaignStatus.CANCELLED, done=done)
    if form is not None and form.is_bound:
        form.look_again(waiting)
    context = {
        "title": _("Cancel “%(name)s”?") % {"name": one.name},
        "sentence": _at_stake(one, waiting),
        "form": form,
        "button": _("Cancel the campaign"),
        "is_danger": True,
        "back_url": reverse("studio:campaign", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


@access.may("send_campaigns")
@require_POST
def campaign_copy(request: StaffRequest, pk: int) -> HttpResponse:
    made = again.copy(_campaign(pk), by=request.user, now=database_now())
    telling.success(request, _("This is the copy: a draft of its own."))
    return redirect("studio:campaign", pk=made.pk)


@access.may("send_campaigns")
def campaign_resend(request: StaffRequest, pk: int) -> HttpResponse:
    """A draft for those who did not click, under another subject."""
    one = _campaign(pk)
    now = database_now()
    form = ResendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            again.resend(one, subject=form.cleaned_data["subject"], by=request.user, now=now)
        except NotAgain as error:
            form.add_error(None, str(error))
        else:
            telling.success(request, _("A draft for those who did not click. Look at it, then send it."))
    made = again.once_more(one)
    if made is not None:
        return redirect("studio:campaign", pk=made.pk)
    context = {"campaign": one, "form": form, "why_not": again.why_not(one, now), "quiet": figures.quiet(one)}
    return show(request, "studio/campaigns/resend.html", context, now=now)


@access.may("send_campaigns")
def campaign_repeat(request: StaffRequest, pk: int) -> HttpResponse:
    """Have a draft made every month, or no more."""
    one = _campaign(pk)
    now = database_now()
    form = RepeatForm(request.POST or None, initial={"day": one.repeats_on_day or 1})
    is_over = request.method == "POST" and "stop" in request.POST
    if is_over or (request.method == "POST" and form.is_valid()):
        again.repeat(one, day=None if is_over else form.cleaned_data["day"], by=request.user, now=now)
        said = _("No draft is made any more.") if is_over else _("A draft is made every month; you send it.")
        telling.success(request, said)
        return redirect("studio:campaign", pk=pk)
    return show(request, "studio/campaigns/repeat.html", {"campaign": one, "form": form}, now=now)


@access.may("send_campaigns")
@require_POST
def campaign_archive(request: StaffRequest, pk: int) -> HttpResponse:
    keeping.archive(_campaign(pk), by=request.user, now=database_now())
    if _campaign(pk).archived_at is not None:
        telling.success(request, _("Put away. You find it under “Put away” at the end of the list."))
    else:
        telling.error(request, _("What is about to leave or leaving cannot be put away."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_unarchive(request: StaffRequest, pk: int) -> HttpResponse:
    keeping.unarchive(_campaign(pk), by=request.user)
    telling.success(request, _("It is in the list again."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_publish(request: StaffRequest, pk: int) -> HttpResponse:
    try:
        keeping.publish(_campaign(pk), by=request.user)
    except NotPublic as error:
        telling.error(request, str(error))
    else:
        telling.success(request, _("Everybody can read it in the archive on your website, from when it has left on."))
    return redirect("studio:campaign", pk=pk)


@access.may("send_campaigns")
@require_POST
def campaign_unpublish(request: StaffRequest, pk: int) -> HttpResponse:
    keeping.unpublish(_campaign(pk), by=request.user)
    telling.success(request, _("It is in no archive any more."))
    return redirect("studio:campaign", pk=pk)


def _campaign(pk: int) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("email"), pk=pk)


def _told(request: StaffRequest, pk: int, *, wanted: CampaignStatus, done: str, act: str = "") -> HttpResponse:
    """Back to its page, which says that it is as it was wanted, whoever pressed first; else how it is instead.

    Where the state alone does not tell, the `act` must be the last that was done to it.
    """
    one = _campaign(pk)
    if one.status == wanted and one.fixing_since is None and act in {"", figures.last_act(one)}:
        telling.success(request, done)
    else:
        telling.error(request, words.as_it_is(one))
    return redirect("studio:campaign", pk=pk)


def _at_stake(one: Campaign, waiting: int) -> str:
    """What cancelling does, with a number once there is one."""
    if one.planned_at is None:
        return _("Nobody has got it, and nobody will. A cancelled campaign cannot be taken up again.")
    return ngettext(
        "%(n)d mail has not left and never will. What has left cannot be called back.",
        "%(n)d mails have not left and never will. What has left cannot be called back.",
        waiting,
    ) % {"n": waiting}
