"""Which mail a visitor came from, remembered by the visitor's own browser until it is closed.

A signed cookie names the delivery and its click, no address and no name. It is set by following a link of a mail
and by nothing else. When that visitor then sends a form, the click was a person's.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from leads.people.models import Lead
from newsletter.tracking import services as tracking
from newsletter.tracking.services import Clicked

COOKIE = "__Host-arrival" if settings.HTTPS else "arrival"
SALT = "website.arrival.v1"
LIVES = timedelta(hours=12)


def remember(response: HttpResponse, clicked: Clicked) -> None:
    """Let the browser keep which click this was; links that count nothing leave nothing."""
    if clicked.click_id is None:
        return
    response.set_cookie(
        COOKIE,
        signing.dumps([clicked.click_id, clicked.delivery_id, clicked.lead_id], salt=SALT),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def acts(request: HttpRequest, *, now: datetime) -> None:
    """The visitor sent a form: if a click led here, it was a person's."""
    click_id, _, _ = _read(request)
    if click_id is not None:
        tracking.confirm_person(click_id, now=now)


def lead(request: HttpRequest) -> Lead | None:
    """Whom the mail that led here was written to."""
    _, _, lead_id = _read(request)
    return Lead.objects.filter(pk=lead_id, erased_at=None).first() if lead_id is not None else None


def delivery_id(request: HttpRequest) -> int | None:
    """The delivery that led here."""
    return _read(request)[1]


def _read(request: HttpRequest) -> tuple[int, int, int] | tuple[None, None, None]:
    try:
        click_id, delivery, lead_id = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIVES)
    except (signing.BadSignature, ValueError):
        return None, None, None
    return click_id, delivery, lead_id
