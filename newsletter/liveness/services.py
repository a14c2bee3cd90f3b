"""Have links looked at: ask for a look, and take the looks that are due.

Work is rows: who asks leaves a row that is due, and whoever is free (a worker that was rung for, or `manage.py send`)
takes a lease on some, follows them side by side without any transaction open, and writes down what was seen. Two at
once take different rows; one that dies leaves its rows to the next.
"""

import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from newsletter.liveness import fetch, queries
from newsletter.liveness.fetch import Seen
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.liveness.outside import Web

AT_ONCE = 8
LEASE = timedelta(seconds=60)
FORGOTTEN = timedelta(days=30)
BUDGET_SECONDS = 20
"""A worker has other work: what is due after this long is left to the next ring."""

_ringers: list[Callable[[], None]] = []


def register(ringer: Callable[[], None]) -> None:
    """Name the function that wakes a worker for links; called once, when the project is wired."""
    _ringers[:] = [ringer]


def ask(urls: Collection[str], *, now: datetime, afresh: bool = False) -> int:
    """Have these looked at soon, unless what is known is new enough; how many are to be. Our own pages are not."""
    wanted = queries.checkable(urls)
    known = queries.known(wanted)
    waited_for = {url for url, check in known.items() if check.due_at is not None}
    stale = {url for url, check in known.items() if afresh or queries.is_stale(check, now)}
    LinkCheck.objects.filter(url__in=stale - waited_for).update(due_at=now)
    new = [LinkCheck(url=url, due_at=now) for url in wanted if url not in known]
    LinkCheck.objects.bulk_create(new, ignore_conflicts=True)
    asked = len(new) + len(stale - waited_for)
    if asked:
        transaction.on_commit(_ring)
    return asked


def remind(now: datetime) -> None:
    """Ring for what is due: the tick's part of it."""
    if settings.LINK_CHECKS and queries.is_due(now):
        _ring()


def forget_old(now: datetime) -> int:
    """Drop what nobody has asked for in a month."""
    old = Q(checked_at__lt=now - FORGOTTEN, due_at__isnull=True)
    return LinkCheck.objects.filter(old).delete()[0]


def look(*, now: datetime, web: Web | None = None, seconds: float = BUDGET_SECONDS) -> int:
    """Take the looks that are due, several at once, as long as there is time; how many were taken."""
    if not settings.LINK_CHECKS:
        return 0
    until = time.monotonic() + seconds
    outside = web or Web()
    taken = 0
    while time.monotonic() < until:
        checks = _lease(now)
        if not checks:
            break
        _write(checks, _seen([check.url for check in checks], outside), now)
        taken += len(checks)
    forget_old(now)
    return taken


@transaction.atomic
def _lease(now: datetime) -> list[LinkCheck]:
    due = queries.waiting(now).select_for_update(skip_locked=True).order_by("due_at", "pk")[:AT_ONCE]
    found = list(due)
    LinkCheck.objects.filter(pk__in=[check.pk for check in found]).update(lease_until=now + LEASE)
    return found


def _seen(urls: list[str], web: Web) -> Iterable[Seen]:
    """What each of these shows, side by side; one whose name server hangs is not waited for."""
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="links")
    looks = [pool.submit(_look, url, web) for url in urls]
    wait(looks, timeout=fetch.SECONDS + 1)
    pool.shutdown(wait=False, cancel_futures=True)
    return [_result(one) for one in looks]


def _look(url: str, web: Web) -> Seen:
    return Seen(Verdict.DEAD, "example") if queries.is_example(url) else fetch.look(url, web=web)


def _result(one: Future[Seen]) -> Seen:
    return one.result() if one.done() and not one.cancelled() else Seen(Verdict.UNCLEAR, "silent")


def _write(checks: list[LinkCheck], seen: Iterable[Seen], now: datetime) -> None:
    for check, one in zip(checks, seen, strict=True):
        check.verdict, check.reason, check.status = one.verdict, one.reason, one.status
        check.checked_at, check.due_at, check.lease_until = now, None, None
    LinkCheck.objects.bulk_update(checks, ["verdict", "reason", "status", "checked_at", "due_at", "lease_until"])


def _ring() -> None:
    for ringer in _ringers:
        ringer()
