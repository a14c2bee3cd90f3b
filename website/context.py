"""What every page knows without being told: the clinic's profile, whether there are letters for everybody to read.

Both are read when a page asks for them; whether it is the demo's is known.
"""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clinic import queries
from newsletter.campaigns import archive


def clinic(request: HttpRequest) -> dict[str, object]:
    return {
        "clinic": SimpleLazyObject(queries.profile),
        "is_demo": settings.DEMO,
        "has_letters": SimpleLazyObject(lambda: not archive.is_empty()),
    }
