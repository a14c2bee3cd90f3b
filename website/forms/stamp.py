"""What a form carries from being shown to being sent: when, on which page, after which site, with which words.

Signed, so that it is ours; between two seconds and a day old, so that a person read it. It stands in for a
cookie: the server keeps nothing about somebody who only reads.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest

SALT = "website.form.v1"
YOUNGEST = timedelta(seconds=2)
OLDEST = timedelta(hours=24)
LONGEST = 200


class BadStamp(ValueError):
    """Not one of ours."""


@dataclass(frozen=True)
class Stamp:
    """`words` is the digest of the consent wording that the form showed."""

    shown_at: datetime
    page: str = ""
    referrer: str = ""
    words: str = ""


def of(request: HttpRequest, *, now: datetime, words: str = "") -> Stamp:
    """The stamp of a form that is shown in answer to this request."""
    return Stamp(now, _shortened(request.path), _origin(request), words)


def sign(stamp: Stamp, *, form: str) -> str:
    content = [stamp.shown_at.timestamp(), stamp.page, stamp.referrer, stamp.words]
    return signing.Signer(salt=f"{SALT}.{form}").sign_object(content)


def read(text: str, *, form: str) -> Stamp:
    """The stamp that this form was shown with; raises BadStamp."""
    try:
        moment, page, referrer, words = signing.Signer(salt=f"{SALT}.{form}").unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise BadStamp from error
    return Stamp(datetime.fromtimestamp(moment, tz=UTC), page, referrer, words)


def is_fresh(stamp: Stamp, now: datetime) -> bool:
    """Whether a person may have read the form, and lately."""
    return YOUNGEST <= now - stamp.shown_at <= OLDEST


def _origin(request: HttpRequest) -> str:
    """Host and path of the page before, if it was another site's; what follows a ? is nobody's business."""
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
        host = parts.hostname or ""
    except ValueError:
        return ""
    if not host or parts.netloc == request.get_host():
        return ""
    return _shortened(host + parts.path)


def _shortened(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:LONGEST]
