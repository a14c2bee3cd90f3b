"""The future: who would get what, when, and why not earlier; and what the coming days bring. Nothing is changed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic import queries as clinic
from clinic.clock import database_now
from leads.models import Lead
from newsletter.content import queries as content
from newsletter.content.compile import NotCompilable
from newsletter.content.models import EmailKind, EmailTemplate
from newsletter.rendering import preview
from newsletter.sequences.models import Sequence
from studio import previews
from studio.forms.sequence_future import TryForm
from studio.pages import show
from studio.queries import forecast, foreseen, reader, sequences


@access.may("change_sequences")
@require_GET
def sequence_try(request: StaffRequest, pk: int) -> HttpResponse:
    """The calendar of somebody who begins at some time and does something, or nothing."""
    one, now = get_object_or_404(Sequence.objects.select_related("published"), pk=pk), database_now()
    plans, names = foreseen.plans(one), sequences.names()
    chosen = foreseen.chosen(plans, request.GET.get("plan", ""))
    form = TryForm(request.GET, plans=plans, chosen=chosen, mails=foreseen.mails(chosen, names), home=clinic.zone())
    context: dict[str, object] = {"sequence": one, "form": form}
    if form.is_valid():
        begins = max(form.cleaned_data["begins"] or now, now)
        found = foreseen.foresee(chosen, form.somebody(), form.deeds(), begins=begins, now=now)
        context |= {"found": foreseen.told(found, chosen, names), "lead": form.cleaned_data["lead"], "begins": begins}
    return show(request, "studio/sequences/future.html", context, now=now)


@access.may("see_studio")
@require_GET
def forecasts(request: StaffRequest) -> HttpResponse:
    """What leaves in the next fourteen days, by day and by sequence."""
    now = database_now()
    return show(request, "studio/sequences/future_days.html", {"outlook": forecast.outlook(now)}, now=now)


@access.may("change_sequences")
@require_GET
@previews.framed
def sequence_try_letter(request: StaffRequest, pk: int, mail: int) -> HttpResponse:
    """One of its mails as it is saved, as the lead who was chosen would get it; for a frame."""
    get_object_or_404(Sequence, pk=pk)
    letter = get_object_or_404(EmailTemplate, pk=mail, kind=EmailKind.STEP)
    number = request.GET.get("lead", "")
    lead = get_object_or_404(Lead, pk=int(number), erased_at=None) if number.isascii() and number.isdigit() else None
    try:
        compiled = content.compiled(letter)
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
    recipient = reader.recipient(letter.kind, lead, now=database_now(), conditions=compiled.conditions)
    return previews.frame(preview.preview(compiled, recipient).html)
