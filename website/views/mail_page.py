"""A mail as a page: the link in its head. The page brings the mail's own styles and runs nothing."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from clinic import clock
from newsletter.deliveries.admission import pages
from website import access

_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_URL))
POLICY: dict[str, list[str] | str] = {
    "default-src": [CSP.NONE],
    "img-src": [_ORIGIN, "data:"],
    "style-src": [CSP.UNSAFE_INLINE],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "sandbox": "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
}
"""No script, no form, an origin of nobody's; links lead on."""


@access.private
@access.page
def mail_page(request: HttpRequest, token: str) -> HttpResponse:
    """The mail that this link came in, as its reader got it; a kind page where there is none."""
    found = pages.page(token, now=clock.database_now())
    if found is None:
        return render(request, "website/link_unknown.html", status=404)
    return _alone(request, found.html)


def _alone(request: HttpRequest, html: str) -> HttpResponse:
    """The mail and nothing else; its address, which is its reader's, is told to nobody."""
    answer = csp_override(POLICY)(_answer)(request, html)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


def _answer(request: HttpRequest, html: str) -> HttpResponse:
    return HttpResponse(html)
