"""The pictures of mails, as mail programs and their proxies fetch them: by a name that never shows anything else."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.http import condition

from clinic.queries import profile
from newsletter.content.pictures import store
from newsletter.content.pictures.queries import PREFIX
from website import access

logger = logging.getLogger(__name__)

HOUR = 60 * 60
YEAR = 365 * 24 * HOUR
POLICY: dict[str, list[str] | str] = {"default-src": [CSP.NONE], "sandbox": ""}


def _tag(request: HttpRequest, name: str) -> str | None:
    """A name says what the file holds, so it is also its tag."""
    return f'"{name}"' if store.NAME.fullmatch(name) else None


@access.page
@csp_override(POLICY)
@condition(etag_func=_tag)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """The file of this name; nothing but what the library drew can be asked for."""
    return _file(name, max_age=YEAR, immutable=True)


@access.page
@csp_override(POLICY)
def logo(request: HttpRequest) -> HttpResponse:
    """The logo as it is now, at an address that mails of earlier times have."""
    return _file(profile().logo.removeprefix(PREFIX), max_age=HOUR)


def _file(name: str, **kept: int) -> HttpResponse:
    """What the store has under this name; a store that cannot tell is asked again soon."""
    try:
        content = store.read(name)
    except store.StoreFailed:
        logger.exception("A picture could not be read")
        return HttpResponse(status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})
    if content is None:
        raise Http404
    headers = {"Content-Disposition": "inline", "Cross-Origin-Resource-Policy": "cross-origin"}
    answer = HttpResponse(content, content_type=store.media_type(name), headers=headers)
    patch_cache_control(answer, public=True, **kept)
    return answer
