"""Sequences: which there are, begin one for somebody, take somebody out."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Router, Status

from accounts import keys
from accounts.models import ApiKey
from api.problems import problem
from api.schemas import Begun, Offer, Person, Problem
from clinic.clock import database_now
from leads.people import addresses
from newsletter.sequences import programs
from newsletter.sequences.entering import WhyNot, plan_of
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan.words import glance

WHY: dict[WhyNot, Promise] = {
    WhyNot.MAY_NOT: gettext_lazy(
        "Nobody of that name may get this: they are not known, have not agreed to it or not any more, or are patients."
    ),
    WhyNot.NOT_AGAIN: gettext_lazy("They had this sequence before, and its rule does not let them in again now."),
    WhyNot.NOT_FITTING: gettext_lazy("They do not meet the conditions for entering this sequence."),
}
REFUSALS = frozenset({400, 401, 404, 413, 415, 422, 429})

router = Router(tags=["sequences"])


class Caller(HttpRequest):
    """A request that came past `bearer.Program`."""

    auth: ApiKey


class Unclear(ValueError):
    """It cannot be told who is meant; says why."""


@router.get("/sequences", response={200: Offer, frozenset({401, 429}): Problem}, summary="The sequences there are")
def listed(request: HttpRequest) -> dict[str, object]:
    return {"sequences": [_said(one) for one in programs.offered()]}


@router.post(
    "/sequences/{slug:key}/enrolments",
    response={frozenset({200, 201}): Begun, REFUSALS | {409}: Problem},
    summary="Begin a sequence for somebody",
)
def begin(request: Caller, key: str, who: Person) -> Status | HttpResponse:
    """Answers 201 when they begin, 200 when they are in it already, 409 with the reason when they do not begin.

    Asking again changes nothing, so whoever got no answer asks again. Consent, opt-outs, the sequence's conditions and
    its rule about a second time hold as they do for staff.
    """
    now = database_now()
    keys.used(request.auth, now=now)
    why = programs.begin(programs.named(key), _meant(who, programs.known), program=request.auth.name, now=now)
    if why is None:
        return Status(HTTPStatus.CREATED, {"outcome": "begun"})
    if why == WhyNot.UNDER_WAY:
        return Status(HTTPStatus.OK, {"outcome": why.value})
    return problem(HTTPStatus.CONFLICT, str(WHY[why]), outcome=why.value)


@router.post(
    "/sequences/{slug:key}/leave", response={204: None, REFUSALS: Problem}, summary="Take somebody out of a sequence"
)
def leave(request: Caller, key: str, who: Person) -> Status:
    """Answers 204 whether they were in it or not: from now on they are not, and its planned mails are taken back.

    Whose record was merged with another is found by the number and the address that they had, too.
    """
    now = database_now()
    keys.used(request.auth, now=now)
    programs.leave(programs.named(key), _meant(who, programs.known_by_any), program=request.auth.name, now=now)
    return Status(HTTPStatus.NO_CONTENT, None)


def unclear(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


def not_published(request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(HTTPStatus.NOT_FOUND, _("There is no published sequence with this key."))


def _said(sequence: Sequence) -> dict[str, str]:
    about = glance(plan_of(sequence.published)) if sequence.published else ""
    return {"key": sequence.key, "name": sequence.name, "state": sequence.state, "about": about}


def _meant(who: Person, known: Callable[..., int]) -> int:
    if (who.email is None) == (who.lead is None):
        raise Unclear(_("Say who is meant: either “email” or “lead”."))
    if who.email is None:
        return known(lead_id=who.lead)
    try:
        return known(address=addresses.parse(who.email))
    except addresses.BadAddress as error:
        raise Unclear(_("This is no email address.")) from error
