"""How every page of the studio is put together: the template, the time, and the shell around it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from accounts.models import User
from clinic.models import Clinic, WeeklyHours
from clinic.queries import profile
from leads.people import holding
from newsletter.deliveries.standing import holds
from newsletter.deliveries.standing.models import Hold
from studio import checklist, rooms
from studio.queries import attention


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around every page. `is_locked`: the checklist is not finished, no real mail leaves."""

    clinic: Clinic
    doors: list[tuple[Promise, list[rooms.Door]]]
    counts: attention.Counts
    hold: Hold | None
    is_locked: bool


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    """Render a page of the studio; templates find `now` and, for staff, `shell`.

    A template with a `#fragment` is answered bare: it goes into a page that is already there.
    """
    found: dict[str, Any] = {**(context or {}), "now": now}
    if isinstance(request.user, User) and "#" not in template:
        found["shell"] = _shell(request.user, path=request.path, now=now)
    return render(request, template, found, status=status)


@contextmanager
def of_somebody_known() -> Iterator[None]:
    """Around a view: whoever was erased after they were looked up is not found."""
    try:
        yield
    except holding.Erased as error:
        raise Http404 from error


def _shell(user: User, *, path: str, now: datetime) -> Shell:
    clinic = profile()
    is_locked = clinic.sending_unlocked_at is None
    open_steps = checklist.check(clinic, has_hours=WeeklyHours.objects.exists()).open if is_locked else 0
    counts = attention.counts(now, setup_open=open_steps)
    return Shell(
        clinic=clinic,
        doors=rooms.doors(user, counts=counts, path=path),
        counts=counts,
        hold=holds.active(),
        is_locked=is_locked,
    )
