"""How much a provider may post: somebody's answer comes with whatever is attached to it, in the same piece.

Django reads no more than a form needs. More is let in here alone, and only from whoever has the webhooks' secret.
"""

from anymail.utils import get_request_basic_auth
from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

DOORS = "/webhooks/"
LARGEST = 35 * 2**20
MULTIPART = "multipart/form-data"
"""Files that come so are kept apart from the fields, and limited apart (config.uploads)."""


def secrets() -> list[str]:
    """What any of the webhooks may be opened with: one, or two while the old one is replaced."""
    found = settings.ANYMAIL.get("WEBHOOK_SECRET") or []
    return [found] if isinstance(found, str) else list(found)


def read_whole(request: HttpRequest) -> None:
    """Read a large body now, so that nobody's limit for forms meets it; a larger one, or a stranger's, is left."""
    if (
        request.method == "POST"
        and request.path_info.startswith(DOORS)
        and request.content_type != MULTIPART
        and settings.DATA_UPLOAD_MAX_MEMORY_SIZE < _length(request) <= LARGEST
        and _has_secret(request)
    ):
        request._body = request.read()  # noqa: SLF001 - where Django looks for it


def _length(request: HttpRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isascii() and said.isdigit() and len(said) <= len(str(LARGEST)) else 0


def _has_secret(request: HttpRequest) -> bool:
    given = get_request_basic_auth(request) or ""
    return any(constant_time_compare(given, secret) for secret in secrets())
