"""Publishing a sequence: what keeps it from that, what becomes of the people inside, and who would get what."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.sequences import publishing
from newsletter.sequences.models import Sequence
from newsletter.sequences.publishing import Done
from studio.forms.sequence_publish import PublishForm, over
from studio.pages import show
from studio.queries import sequence_publishing


@access.may("change_sequences")
def sequence_publish(request: StaffRequest, pk: int) -> HttpResponse:
    """The last look before people enter by this plan. `?hours=` shows how those leave whom it brings to now."""
    one = get_object_or_404(Sequence.objects.select_related("published", "draft_by"), pk=pk)
    form = PublishForm(request.POST or None)
    why, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.CONFLICT
        try:
            if form.is_valid():
                return _publish(request, one, form)
            why = _("That could not be read. Nothing was published.")
        except publishing.Overtaken:
            why = _(
                "Somebody changed the plan or one of its mails while you were looking. Below it stands as it is now."
            )
        except publishing.StillMoving:
            why = _("Those inside are still being moved to the version before. Try again in a minute.")
        except publishing.NotPublishable:
            why = _("Something keeps it from being published: it is said below.")
    now, asked = database_now(), form.data if form.is_bound else request.GET
    one.refresh_from_db()
    dealt = over(asked)
    context = {
        **sequence_publishing.page(one, now, hours=dealt.said, asked=request.GET.get("page", "")),
        "sequence": one,
        "why": why,
        "dealt": dealt,
        "chosen": asked.get("inside", ""),
    }
    return show(request, "studio/sequences/publish.html", context, now=now, status=status)


def _publish(request: StaffRequest, one: Sequence, form: PublishForm) -> HttpResponse:
    done = publishing.publish(one.pk, form.choice, seen=form.seen, by=request.user, now=database_now())
    messages.success(request, _said(done))
    return redirect("studio:sequence", pk=one.pk)


def _said(done: Done) -> str:
    said = [_("Version %(number)d is what people enter from now on.") % {"number": done.version.number}]
    if done.moved:
        moved = ngettext("%(n)d person was moved to it.", "%(n)d people were moved to it.", done.moved)
        said.append(moved % {"n": done.moved})
    if done.taken_up:
        more = ngettext("%(n)d who had finished goes on.", "%(n)d who had finished go on.", done.taken_up)
        said.append(more % {"n": done.taken_up})
    if done.cancelled:
        back = ngettext("%(n)d planned mail was taken back.", "%(n)d planned mails were taken back.", done.cancelled)
        said.append(back % {"n": done.cancelled})
    if not done.is_whole:
        said.append(_("The others follow within minutes."))
    return " ".join(said)
