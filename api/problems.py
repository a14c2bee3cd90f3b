"""How a refusal is said to a program: as RFC 9457 has it, with words for whoever reads the log."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse

MEDIA_TYPE = "application/problem+json"


def problem(status: HTTPStatus, detail: str, *, headers: dict[str, str] | None = None, **facts: Any) -> HttpResponse:
    said = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **facts}
    return JsonResponse(said, status=status, content_type=MEDIA_TYPE, headers=headers)
