"""How a mail is shown inside a page: in a frame of its own, where nothing runs and nothing leads away.

A mail brings its styles inline, which our pages forbid; so a framed mail is an answer of its own, with a policy
that allows styles and pictures and nothing else. The frame around it carries `sandbox`.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_URL))
POLICY = {
    "default-src": [CSP.NONE],
    "img-src": [CSP.SELF, _ORIGIN, "data:"],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}

framed = csp_override(POLICY)
"""For views that answer with `frame`; stands below `access.may`."""


def frame(html: str) -> HttpResponse:
    """The mail's HTML as the answer that a frame loads."""
    return HttpResponse(html)
