"""The pictures of mails, as mail programs and their proxies fetch them: by a name that never shows anything else."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.csp import CSP
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.http import condition

from newsletter.content.pictures import store
from website import access

YEAR = 365 * 24 * 60 * 60
POLICY: dict[str, list[str] | str] = {"default-src": [CSP.NONE], "sandbox": ""}


def _tag(request: HttpRequest, name: str) -> str | None:
    """A name says what the file holds, so it is also its tag."""
    return f'"{name}"' if store.NAME.fullmatch(name) else None


@access.page
@csp_override(POLICY)
@cache_control(public=True, max_age=YEAR, immutable=True)
@condition(etag_func=_tag)
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """The file of this name; nothing but what the library drew can be asked for."""
    content = store.read(name)
    if content is None:
        raise Http404
    answer = HttpResponse(content, content_type=store.media_type(name))
    answer["Content-Disposition"] = "inline"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
