"""What a campaign brought: the report, the mail with the clicks beside its links, who did what, and files of both."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts import access, audit
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.campaigns.models import Campaign
from newsletter.campaigns.results import map as click_map
from newsletter.campaigns.results import people, queries
from newsletter.campaigns.results.people import Did, Person
from newsletter.deliveries.models import State
from newsletter.rendering import preview
from studio import previews, spreadsheet, words
from studio.pages import show
from studio.queries import result_file
from studio.queries import results as figures

PER_PAGE = 50


@access.may("send_campaigns")
@require_GET
def results(request: StaffRequest, pk: int) -> HttpResponse:
    campaign = _left(pk)
    context = {"campaign": campaign, "report": figures.report(campaign)}
    return show(request, "studio/results/results.html", context, now=database_now())


@access.may("send_campaigns")
@require_GET
@previews.framed
def results_map(request: StaffRequest, pk: int, revision: int) -> HttpResponse:
    """The mail as it left, with how many people followed each link, for a frame."""
    campaign = _left(pk)
    shown = queries.revision(campaign, revision)
    if shown is None:
        raise Http404
    html = preview.preview(shown, preview.sample(settings.PUBLIC_URL, sent_at=database_now())).html
    said = {link.number: _followed(link.people) for link in queries.followed(campaign, shown)}
    return previews.frame(click_map.marked(html, said))


@access.may("see_leads")
@require_GET
def results_people(request: StaffRequest, pk: int) -> HttpResponse:
    """Who did what, a page at a time."""
    campaign = _left(pk)
    did, text = request.GET.get("did", ""), request.GET.get("q", "")[:100]
    page = Paginator(people.found(campaign, did=did, text=text), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "page": page,
        "people": people.look(list(page.object_list)),
        "choices": Did.choices,
        "did": did,
        "text": text,
        "states": dict(State.choices),
    }
    return show(request, "studio/results/people.html", context, now=database_now())


@access.may("see_leads")
def results_people_file(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Everybody and what they did, as a file; who took it is written down."""
    campaign = _left(pk)
    if request.method != "POST":
        return redirect("studio:results_people", pk=pk)
    audit.record("results.exported", subject=f"campaign:{pk}", by=request.user, people=campaign.planned_count)
    return spreadsheet.answer(_name(campaign, _("people")), _people(people.everybody(campaign)))


@access.may("send_campaigns")
@require_GET
def results_numbers_file(request: StaffRequest, pk: int) -> HttpResponseBase:
    """The numbers of the page as a file; nobody is named in it."""
    campaign = _left(pk)
    return spreadsheet.answer(_name(campaign, _("numbers")), result_file.rows(figures.report(campaign)))


def _people(everybody: Iterable[Person]) -> Iterator[list[object]]:
    yield [
        *(_("Email"), _("Name"), _("State"), _("Since"), _("Reason"), _("Delivered"), _("First click"), _("Clicks")),
        *(_("Clicks of scanners"), _("Booked"), _("Unsubscribed"), _("Bounced"), _("Turned away"), _("Marked as spam")),
    ]
    for one in everybody:
        yield [
            *(
                one.address,
                one.name,
                state_of(one),
                one.ended_at,
                words.why(one.reason),
                one.delivered_at,
                one.clicked_at,
            ),
            *(one.clicks, one.scanner_clicks, one.booked_at, one.unsubscribed_at),
            *(one.bounced_at, one.blocked_at, one.complained_at),
        ]


def state_of(one: Person) -> str:
    """How somebody's mail ended, in the words of the page."""
    if one.state is not None:
        return str(State(one.state).label)
    return _("Uncertain") if one.is_uncertain else _("Waiting")


def _followed(count: int) -> str:
    return ngettext("%(n)d person", "%(n)d people", count) % {"n": count}


def _name(campaign: Campaign, what: str) -> str:
    return f"{slugify(campaign.name)[:60] or 'campaign'}-{campaign.pk}-{slugify(what)}"


def _left(pk: int) -> Campaign:
    """A campaign that was planned: before that there is nothing to tell."""
    return get_object_or_404(Campaign.objects.select_related("email"), pk=pk, planned_at__isnull=False)
