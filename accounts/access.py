"""Who may do what in the studio.

Every studio view says which act it serves (`may`, `may_in_json`) or that it is for people who are not signed in
(`everyone`); a test walks the studio's addresses and fails on a view that says neither.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from accounts.models import Role, User

View = Callable[..., HttpResponseBase]

ALL_STAFF = frozenset(Role)
LEADERS = frozenset({Role.OWNER, Role.MANAGER})
OWNERS = frozenset({Role.OWNER})
EVERYONE = "everyone"

ACTS: dict[str, frozenset[Role]] = {
    "see_studio": ALL_STAFF,
    "change_setup": ALL_STAFF,
    "see_leads": ALL_STAFF,
    "change_leads": ALL_STAFF,
    "erase_leads": LEADERS,
    "answer_calls": ALL_STAFF,
    "change_appointments": ALL_STAFF,
    "write_emails": ALL_STAFF,
    "send_campaigns": ALL_STAFF,
    "change_sequences": ALL_STAFF,
    "settle_uncertain": ALL_STAFF,
    "hold_sending": ALL_STAFF,
    "manage_team": LEADERS,
    "manage_keys": OWNERS,
}


class StaffRequest(HttpRequest):
    """A request that came past `may`: somebody of the staff is signed in."""

    user: User
    htmx: HtmxDetails


def allows(user: User, act: str) -> bool:
    """Tell whether the role of this member of staff includes the act."""
    return user.is_active and Role(user.role) in ACTS[act]


def may(act: str) -> Callable[[View], View]:
    """Let only staff whose role includes the act past; `act` must stand in ACTS."""
    if act not in ACTS:
        raise KeyError(act)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allows(request.user, act):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.act = act  # type: ignore[attr-defined]
        return guarded

    return decorate


def may_in_json(act: str) -> Callable[[View], View]:
    """As `may`, for addresses that a page's script asks: a refusal is said in JSON, never by a page or a way to one."""
    if act not in ACTS:
        raise KeyError(act)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return JsonResponse({"why": _("You are signed out. Sign in again, in another window.")}, status=401)
            if not allows(request.user, act):
                return JsonResponse({"why": _("Your role does not include this.")}, status=403)
            return view(request, *args, **kwargs)

        guarded.act = act  # type: ignore[attr-defined]
        guarded.answers_in_json = True  # type: ignore[attr-defined]
        return login_not_required(guarded)

    return decorate


def everyone(view: View) -> View:
    """Let people in who are not signed in: signing in, a forgotten password, an invitation."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    opened.act = EVERYONE  # type: ignore[attr-defined]
    return login_not_required(opened)
