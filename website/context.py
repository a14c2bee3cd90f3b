"""What every page knows without being told: the clinic's profile, read when a template first asks for it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clinic import queries


def clinic(request: HttpRequest) -> dict[str, object]:
    return {"clinic": SimpleLazyObject(queries.profile)}
