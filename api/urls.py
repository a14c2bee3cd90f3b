"""The addresses below /api/v1/, every one behind the same door."""

from django.urls import URLPattern, path

from api import door
from api.v1 import v1

app_name = "api"


def _behind_the_door(pattern: URLPattern) -> URLPattern:
    pattern.callback = door.opened(pattern.callback)
    return pattern


urlpatterns = [
    *(_behind_the_door(pattern) for pattern in v1.urls[0] if isinstance(pattern, URLPattern)),
    path("<path:rest>", door.opened(door.nothing_here), name="missing"),
]
