"""How a mail is shown inside a page: in a frame of its own, where nothing runs and nothing leads away.

A mail brings its styles inline, which our pages forbid; so a framed mail is an answer of its own, with a policy
that allows styles and pictures and nothing else. The frame around it carries `sandbox`.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.utils.csp import CSP
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from accounts.access import View

_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_URL))
POLICY: dict[str, list[str] | str] = {
    "default-src": [CSP.NONE],
    "img-src": [CSP.SELF, _ORIGIN, "data:"],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": "allow-same-origin",
}


def _in_a_frame(policy: dict[str, list[str] | str]) -> Callable[[View], View]:
    """Our other pages may be framed by nobody."""
    return lambda view: xframe_options_sameorigin(csp_override(policy)(view))


framed = _in_a_frame(POLICY)
"""For views that answer with `frame`; stands below `access.may`."""


def frame(html: str) -> HttpResponse:
    """The mail's HTML as the answer that a frame loads."""
    return HttpResponse(html)


def sentence(text: str) -> str:
    """A page that says only why there is nothing to show."""
    return format_html("<!doctype html><title>Preview</title><p>{}</p>", text)


CLICKABLE = {**POLICY, "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox"}
clickable = _in_a_frame(CLICKABLE)
"""As `framed`, for a mail whose links are to be followed: they open in a window of their own."""


def opening_outside(html: str) -> str:
    """The mail with every link opening in a window of its own."""
    return html.replace("<head>", '<head><base target="_blank">', 1)
