"""Version 1: its addresses together, how its refusals are said, and what it says about itself in OpenAPI."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from api import bearer, sequences
from api.problems import MEDIA_TYPE, problem
from newsletter.sequences.triggers import NotPublished

FIRST_REFUSAL = 400


class V1(NinjaAPI):
    """What describes it is a document only: a page about it would bring scripts of others."""

    def get_openapi_schema(self, **facts: Any) -> OpenAPISchema:
        """As made from the code, with refusals under the media type that they have."""
        schema = super().get_openapi_schema(**facts)
        for methods in schema["paths"].values():
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= FIRST_REFUSAL and "content" in answer:
                        answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
        return schema


def wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Fields that are missing, too many or of the wrong kind: where, and why; never what was sent."""
    errors = [{"where": ".".join(map(str, found["loc"])), "why": str(found["msg"])} for found in error.errors]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _("The body is not as it has to be."), errors=errors)


def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(HTTPStatus(error.status_code), _("The body is not JSON that can be read."))


def broken(request: HttpRequest, error: Exception) -> NoReturn:
    """Our own mistakes stay as loud as they are elsewhere."""
    raise error


REFUSALS: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    AuthenticationError: bearer.unknown,
    bearer.TooMany: bearer.too_many,
    ValidationError: wrong,
    HttpError: unreadable,
    sequences.Unclear: sequences.unclear,
    NotPublished: sequences.not_published,
    Exception: broken,
}

v1 = V1(
    title="Meridian",
    version="1",
    description="What other programs may ask of Meridian.",
    urls_namespace="api",
    docs_url=None,
    auth=bearer.Program(),
)
v1.add_router("", sequences.router)
for _kind, _said in REFUSALS.items():
    v1.add_exception_handler(_kind, _said)
