"""The report of a sequence: the course of its ways, who is behind each figure, and two versions side by side."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.sequences.models import Enrolment, Sequence
from newsletter.sequences.report.periods import periods
from studio.forms.sequence_report import NarrowForm, PairForm, VersionForm
from studio.pages import show
from studio.queries import report_compared, report_people, report_steps
from studio.queries.sequence_report import Report

PER_PAGE = 50


@access.may("change_sequences")
@require_GET
def sequence_report(request: StaffRequest, pk: int) -> HttpResponse:
    """`?version=` one of them; without, all together. A version that there never was is no page."""
    one, now = _published(pk), database_now()
    versions = report_steps.versions(one)
    form = VersionForm(request.GET, versions=versions)
    if not form.is_valid():
        raise Http404
    report = Report(one, versions, form.chosen, now=now)
    context = {"sequence": one, "report": report, "form": form}
    return show(request, "studio/sequences/report.html", context, now=now)


@access.may("see_leads")
@require_GET
def sequence_report_people(request: StaffRequest, pk: int) -> HttpResponse:
    """Who is behind a figure, a page at a time."""
    one = _published(pk)
    versions = report_steps.versions(one)
    steps, times = report_steps.steps(versions), periods(versions)
    points = report_people.points(times)
    form = NarrowForm(request.GET, versions=versions, steps=steps, points=points, periods=times)
    ways = report_people.found(one, form.narrowed()) if form.is_valid() else Enrolment.objects.none()
    page = Paginator(ways, PER_PAGE).get_page(request.GET.get("page"))
    context = {"sequence": one, "form": form, "page": page, "lines": report_people.lines(page.object_list, steps)}
    return show(request, "studio/sequences/report_people.html", context, now=database_now())


@access.may("change_sequences")
@require_GET
def sequence_report_pair(request: StaffRequest, pk: int) -> HttpResponse:
    """Two versions side by side; where there is but one, its report."""
    one, now = _published(pk), database_now()
    versions = report_steps.versions(one)
    if len(versions) < 2:  # noqa: PLR2004 - one and another
        return redirect("studio:sequence_report", pk=pk)
    form = PairForm(request.GET, versions=versions)
    if not form.is_valid():
        raise Http404
    pair = report_compared.pair(one, *form.pair(), now=now)
    return show(request, "studio/sequences/report_pair.html", {"sequence": one, "form": form, "pair": pair}, now=now)


def _published(pk: int) -> Sequence:
    """A sequence that somebody could come into: before that there is nothing to tell."""
    return get_object_or_404(Sequence.objects.select_related("published"), pk=pk, published__isnull=False)
