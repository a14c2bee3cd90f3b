"""What every page knows without being told: whether it is the demo's, and the clinic's profile, read when asked for."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clinic import queries


def clinic(request: HttpRequest) -> dict[str, object]:
    return {"clinic": SimpleLazyObject(queries.profile), "is_demo": settings.DEMO}
