"""The archive: letters that everybody may read, as pages and as feeds. No address, no name, nothing that is counted."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.csp import CSP
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from booking import times
from clinic import queries as clinic
from newsletter.campaigns import archive as letters
from newsletter.campaigns.models import Campaign
from newsletter.rendering.neutral import Neutral
from website import access

PER_PAGE = 20
IN_A_FEED = 20
FRESH = 5 * 60
_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_URL))
POLICY: dict[str, list[str] | str] = {
    "default-src": [CSP.NONE],
    "img-src": [CSP.SELF, _ORIGIN, "data:"],
    "style-src": [CSP.UNSAFE_INLINE],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.SELF, _ORIGIN],
    "frame-ancestors": [CSP.SELF],
    "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
}


@access.page
def archive(request: HttpRequest) -> HttpResponse:
    """The letters, the newest first."""
    page = Paginator(letters.every(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "website/archive.html", {"page": page, "entries": _entries(list(page))})


@access.page
def archived(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter, in a frame of its own within our page."""
    every = letters.every()
    place = next((number for number, one in enumerate(every) if one.pk == pk), None)
    if place is None:
        raise Http404
    newer, older = every[max(place - 1, 0) : place], every[place + 1 : place + 2]
    entries = iter(_entries([*newer, every[place], *older]))
    context = {
        "newer": next(entries) if newer else None,
        "entry": next(entries),
        "older": next(entries, None),
    }
    return render(request, "website/archive_letter.html", context)


@access.page
@xframe_options_sameorigin
@csp_override(POLICY)
def archived_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter alone, for its frame; a link in it leads the whole window on."""
    campaign = letters.one(pk)
    if campaign is None:
        raise Http404
    (said,) = letters.words([campaign])
    answer = HttpResponse(said.html.replace("<head>", '<head><base target="_top">', 1))
    answer["X-Robots-Tag"] = "noindex"
    return answer


@access.page
@cache_control(public=True, max_age=FRESH)
def archive_rss(request: HttpRequest) -> HttpResponse:
    """RSS 2.0."""
    profile = clinic.profile()
    feed = Rss201rev2Feed(
        title=_title(),
        link=_whole("website:archive"),
        description=_("Letters from %(clinic)s.") % {"clinic": profile.name},
        language=profile.language,
        feed_url=_whole("website:archive_rss"),
    )
    for entry in _newest():
        feed.add_item(
            title=entry["subject"],
            link=entry["url"],
            description=entry["preheader"],
            pubdate=entry["at"],
            unique_id=entry["url"],
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")


@access.page
@cache_control(public=True, max_age=FRESH)
def archive_json(request: HttpRequest) -> HttpResponse:
    """JSON Feed 1.1."""
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(),
        "home_page_url": _whole("website:archive"),
        "feed_url": _whole("website:archive_json"),
        "language": clinic.profile().language,
        "items": [
            {
                "id": entry["url"],
                "url": entry["url"],
                "title": entry["subject"],
                "summary": entry["preheader"],
                "content_text": entry["text"],
                "date_published": entry["at"].isoformat(),
            }
            for entry in _newest()
        ],
    }
    return JsonResponse(said, content_type="application/feed+json; charset=utf-8")


@access.page
@cache_control(public=True, max_age=FRESH)
def sitemap(request: HttpRequest) -> HttpResponse:
    """What search engines may find: the article, the archive and its letters."""
    pages = [settings.PUBLIC_URL + reverse(f"website:{name}") for name in ("article", "privacy")]
    entries = [_whole("website:archived", one.pk) for one in letters.every()]
    return render(
        request,
        "website/sitemap.xml",
        {"pages": [*pages, *([_whole("website:archive")] if entries else []), *entries]},
        content_type="application/xml; charset=utf-8",
    )


def _newest() -> list[dict[str, Any]]:
    return _entries(letters.every()[:IN_A_FEED])


def _entries(campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """Letters as pages and feeds show them."""
    said, zone = letters.words(campaigns), clinic.zone()
    return [_entry(campaign, letter, zone) for campaign, letter in zip(campaigns, said, strict=True)]


def _entry(campaign: Campaign, said: Neutral, zone: ZoneInfo) -> dict[str, Any]:
    at = letters.left_at(campaign).astimezone(zone)
    return {
        "pk": campaign.pk,
        "subject": said.subject,
        "preheader": said.preheader,
        "text": said.text,
        "at": at,
        "day": times.day(at, zone),
        "url": _whole("website:archived", campaign.pk),
    }


def _title() -> str:
    return _("Letters from %(clinic)s") % {"clinic": clinic.profile().name or _("the clinic")}


def _whole(name: str, *args: int) -> str:
    return settings.PUBLIC_URL + reverse(name, args=args)
