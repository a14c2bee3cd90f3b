"""What a page's script sends and is answered: JSON both ways, and a sentence for whatever goes wrong.

@access.may_in_json("write_emails")
@require_POST
@scripted.answers
def view(request, ...) -> dict | HttpResponse
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, NoReturn

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, JsonResponse, RawPostDataException, UnreadablePostError
from django.utils.translation import gettext as _

from accounts.access import StaffRequest

LARGEST = 1_500_000
"""Bytes; far more than the largest document that can be kept."""
DEEPEST = 12
"""Levels; far more than a document has."""
UNREADABLE = (RawPostDataException, UnreadablePostError, BadRequest, SuspiciousOperation)

View = Callable[..., Mapping[str, Any] | HttpResponse]


class Refused(Exception):
    """What was asked for is not done; `said` is the answer, its `why` for people."""

    def __init__(self, status: HTTPStatus, why: str = "", **said: Any) -> None:
        super().__init__(why)
        self.status = status
        self.said = {"why": why, **said} if why else said


def answers(view: View) -> Callable[..., HttpResponse]:
    """Answer what the view returns, and what it refuses or does not find, in JSON."""

    @wraps(view)
    def answered(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            said = view(request, *args, **kwargs)
        except Refused as refused:
            return JsonResponse(refused.said, status=refused.status)
        except Http404:
            return JsonResponse({"why": _("It is not there any more.")}, status=HTTPStatus.NOT_FOUND)
        return said if isinstance(said, HttpResponse) else JsonResponse(said)

    return answered


def answer(said: Any, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """An answer that is not an object, or not a plain yes."""
    return JsonResponse(said, safe=False, status=status)


def read(request: StaffRequest) -> dict[str, Any]:
    """The object that was sent; raises Refused."""
    try:
        body = request.body
    except RequestDataTooBig:
        _too_large()
    except UNREADABLE:
        _unreadable()
    if len(body) > LARGEST:
        _too_large()
    try:
        said = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        _unreadable()
    if not isinstance(said, dict) or _is_deep(said):
        _unreadable()
    return said


def text(said: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    """A field that must be text; raises Refused."""
    value = said.get(name, default)
    if not isinstance(value, str):
        _wrong(name)
    return value


def number(said: Mapping[str, Any], name: str) -> int:
    """A field that must be a whole number; raises Refused."""
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        _wrong(name)
    return value


def flag(said: Mapping[str, Any], name: str) -> bool:
    """A field that must be true or false, and is false when it is missing; raises Refused."""
    value = said.get(name, False)
    if not isinstance(value, bool):
        _wrong(name)
    return value


def _is_deep(value: object) -> bool:
    level: list[object] = [value]
    for _depth in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _too_large() -> NoReturn:
    why = _("That is too large for an email. Nothing was saved; take out what was pasted last.")
    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)


def _unreadable() -> NoReturn:
    raise Refused(HTTPStatus.BAD_REQUEST, _("That could not be read. Nothing was saved."))


def _wrong(name: str) -> NoReturn:
    why = _("“%(name)s” is missing, or is not what it should be. Nothing was saved.") % {"name": name}
    raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, why, problems=[])
