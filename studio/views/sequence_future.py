"""The future: who would get what, when, and why not earlier; and what the coming days bring. Nothing is changed."""

from dataclasses import replace
from datetime import datetime

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
from newsletter.sequences import publishing
from newsletter.sequences.future.play import FAR
from newsletter.sequences.future.script import Script
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Plan
from studio import previews
from studio.forms.sequence_future import TryForm
from studio.pages import show
from studio.queries import forecast, foreseen, going_out, reader

LONGEST_NUMBER = 18


@access.may("change_sequences")
@require_GET
def sequence_try(request: StaffRequest, pk: int) -> HttpResponse:
    """The calendar of somebody who begins at some time and does something, or nothing."""
    one, now = get_object_or_404(Sequence.objects.select_related("published"), pk=pk), database_now()
    plans, names = foreseen.plans(one), going_out.names()
    chosen = foreseen.chosen(plans, request.GET.get("plan", ""))
    form = TryForm(request.GET, plans=plans, chosen=chosen, names=names, home=clinic.zone())
    context: dict[str, object] = {"sequence": one, "form": form}
    if form.is_valid():
        context |= _found(one, chosen, form, now)
    return show(request, "studio/sequences/future.html", context, now=now)


def _found(sequence: Sequence, plan: Plan, form: TryForm, now: datetime) -> dict[str, object]:
    """The calendar: of somebody who begins, or, of a lead who is in the middle of it, how it goes on."""
    somebody, begins = form.somebody(), max(form.cleaned_data["begins"] or now, now)
    way = foreseen.way_of(sequence, somebody.lead) if form.is_of_the_published else None
    campaigns = (
        forecast.coming([somebody.lead.pk], now, days=FAR.days).get(somebody.lead.pk, ()) if somebody.lead else ()
    )
    script = Script(begins, tuple(form.deeds()), campaigns, sequence.pk, draws=somebody.draws)
    lead = somebody.lead
    if way is None:
        future, said = foreseen.foresee(sequence, plan, somebody, script, now), plan
        hurdles = foreseen.hurdles(sequence, plan, lead, now) if lead else []
    else:
        future, said = foreseen.go_on(way, replace(script, begins=now)), publishing.as_published(way.version)
        hurdles = []
    return {
        "found": foreseen.told(future, said),
        "begins_when": words.begins(plan.trigger, going_out.names(plan)),
        "lead": lead,
        "begins": begins,
        "is_inside": way is not None,
        "hurdles": hurdles,
    }


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
    """One of its mails in the words that would leave, as the lead who was chosen would get it; for a frame."""
    get_object_or_404(Sequence, pk=pk)
    letter = get_object_or_404(EmailTemplate, pk=mail, kind=EmailKind.STEP)
    number = request.GET.get("lead", "")
    is_number = number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER
    lead = get_object_or_404(Lead, pk=int(number), erased_at=None) if is_number else None
    try:
        compiled = going_out.revision(letter.pk) or content.compiled(letter)
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
    recipient = reader.recipient(letter.kind, lead, now=database_now(), conditions=compiled.conditions)
    return previews.frame(preview.preview(compiled, recipient).html)
