"""Have links looked at: ask for a look, and take the looks that are due.

Work is rows: who asks leaves a row that is due, and whoever is free (a worker that was rung for, or `manage.py send`)
takes a lease on some, follows them side by side without any transaction open, and writes down what was seen. Two at
once take different rows; one that dies leaves its rows to the next. No website is asked for more than two at a time.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from datetime import datetime, timedelta
from threading import Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from newsletter.liveness import fetch, queries
from newsletter.liveness.fetch import Seen
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.liveness.outside import Web

AT_ONCE = 8
OF_ONE_SITE = 2
A_LOT = 64
"""Among so many that are due those are chosen that are looked at side by side."""
A_BREATH = 0.2
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
    stale = {url for url, check in known.items() if queries.is_stale(check, now, afresh=afresh)}
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


def go_on() -> bool:
    """Nobody asks a look to stop."""
    return False


def look(
    *,
    now: datetime,
    web: Web | None = None,
    seconds: float = BUDGET_SECONDS,
    should_stop: Callable[[], bool] = go_on,
) -> int:
    """Take the looks that are due, several at once, as long as there is time; how many were taken."""
    if not settings.LINK_CHECKS:
        return 0
    until = time.monotonic() + seconds
    outside = web or Web()
    taken = 0
    while time.monotonic() < until and not should_stop():
        checks = _lease(now)
        if not checks:
            break
        looks = [_begun(check.url, outside) for check in checks]
        _wait(looks, should_stop)
        is_over = should_stop()
        seen = {check: _result(one) for check, one in zip(checks, looks, strict=True) if one.done() or not is_over}
        _write(seen, now)
        taken += len(seen)
    forget_old(now)
    return taken


@transaction.atomic
def _lease(now: datetime) -> list[LinkCheck]:
    due = queries.waiting(now).select_for_update(skip_locked=True).order_by("due_at", "pk")[:A_LOT]
    found = list(_side_by_side(due))[:AT_ONCE]
    LinkCheck.objects.filter(pk__in=[check.pk for check in found]).update(lease_until=now + LEASE)
    return found


def _side_by_side(due: Iterable[LinkCheck]) -> Iterator[LinkCheck]:
    """Those that can be looked at together without any website noticing."""
    taken: Counter[str] = Counter()
    for check in due:
        site = urlsplit(check.url).netloc.lower()
        taken[site] += 1
        if taken[site] <= OF_ONE_SITE:
            yield check


def _begun(url: str, web: Web) -> Future[Seen]:
    """A look in a thread of its own, which keeps no process alive: one whose name server hangs is not waited for."""
    found: Future[Seen] = Future()

    def run() -> None:
        try:
            found.set_result(_look(url, web))
        except Exception as error:  # noqa: BLE001 - raised again where the answer is read
            found.set_exception(error)

    Thread(target=run, name="link", daemon=True).start()
    return found


def _wait(looks: Collection[Future[Seen]], should_stop: Callable[[], bool]) -> None:
    until = time.monotonic() + fetch.SECONDS + 1
    while wait(looks, timeout=A_BREATH).not_done and time.monotonic() < until and not should_stop():
        pass


def _look(url: str, web: Web) -> Seen:
    return Seen(Verdict.DEAD, "example") if queries.is_example(url) else fetch.look(url, web=web)


def _result(one: Future[Seen]) -> Seen:
    return one.result() if one.done() else Seen(Verdict.UNCLEAR, "silent")


def _write(seen: Mapping[LinkCheck, Seen], now: datetime) -> None:
    for check, one in seen.items():
        check.verdict, check.reason, check.status = one.verdict, one.reason, one.status
        check.checked_at, check.due_at, check.lease_until = now, None, None
    LinkCheck.objects.bulk_update(seen, ["verdict", "reason", "status", "checked_at", "due_at", "lease_until"])


def _ring() -> None:
    for ringer in _ringers:
        ringer()
