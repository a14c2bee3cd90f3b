"""The machine and its servers: PostgreSQL's clock, the broker, the disk."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from clinic.clock import database_now
from newsletter.content.pictures import store
from newsletter.health.findings import Finding, Level

LEAST_FREE = 500_000_000
MOST_SKEW = timedelta(seconds=5)


def look(now: datetime) -> Iterator[Finding]:
    yield from _broker()
    yield from _disk()
    yield from _pictures()
    yield from _clock()


def _broker() -> Iterator[Finding]:
    try:
        cache.get("ready")
    except (RedisError, OSError):
        yield Finding(
            _("Redis does not answer. It only carries the bell: nothing is lost, and nothing new begins to leave."),
            _("Start the redis service again. Until then `manage.py send --drain` does the senders' work."),
        )


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.VAR_DIR).free
    if free < LEAST_FREE:
        yield Finding(
            _("Only %(free)d MB are left on this machine's disk.") % {"free": free // 1_000_000},
            _("Make room on the disk of %(folder)s: a sender that cannot write its journal sends nothing.")
            % {"folder": settings.VAR_DIR},
        )


def _pictures() -> Iterator[Finding]:
    why = store.trouble()
    if why:
        yield Finding(
            _("No picture can be uploaded: %(why)s") % {"why": why},
            _("Let the user that the site runs as write into the pictures' folder, %(folder)s.")
            % {"folder": settings.VAR_DIR / "pictures"},
        )


def _clock() -> Iterator[Finding]:
    """The database's clock decides when mail leaves; another one only misleads whoever reads the logs."""
    before = datetime.now(UTC)
    theirs = database_now()
    skew = theirs - before - (datetime.now(UTC) - before) / 2
    if abs(skew) > MOST_SKEW:
        yield Finding(
            _("This machine's clock and the database's are %(seconds)d seconds apart.")
            % {"seconds": abs(skew).total_seconds()},
            _("Set both by a time server (NTP). Mail leaves by the database's clock."),
            level=Level.NOTE,
        )
