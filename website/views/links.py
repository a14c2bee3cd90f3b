"""Links that lead on: from a mail by its number, and to the clinic's own online booking."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from clinic import clock
from clinic import queries as clinic
from newsletter import tokens
from newsletter.tracking import services as tracking
from newsletter.tracking.services import Clicked, Seen
from website import access, arrival, visits


@access.private
@access.page
def click(request: HttpRequest, token: str, n: int) -> HttpResponse:
    """Note the click and lead on to where the mail said, or say that the link is none of ours."""
    return lead_on(request, token, n) or render(request, "website/link_unknown.html")


def lead_on(request: HttpRequest, token: str, n: int) -> HttpResponse | None:
    """Note the click and lead on to where the mail said; the target is looked up, never passed along."""
    clicked = _clicked(request, token, n)
    if clicked is None:
        return None
    answer = HttpResponseRedirect(clicked.url, headers=access.EMPTY)
    arrival.remember(answer, clicked)
    return answer


@access.page
def only_in_the_email(request: HttpRequest) -> HttpResponse:
    """Where the page of a mail leads instead of doing what only the mail itself can do."""
    return render(request, "website/only_in_the_email.html")


@access.page
def from_a_test(request: HttpRequest) -> HttpResponse:
    """Where a test mail leads instead of confirming, inviting or setting a password."""
    return render(request, "website/test_mail_notice.html")


@access.page
def book_directly(request: HttpRequest) -> HttpResponse:
    """To the clinic's own booking site, counted; without one, asking is the way to book."""
    visits.count(request, "book-directly", now=clock.database_now())
    return redirect(clinic.profile().booking_url or "website:ask")


def _clicked(request: HttpRequest, token: str, n: int) -> Clicked | None:
    delivery_id = tokens.read(token)
    if delivery_id is None:
        return None
    seen = Seen(method=request.method or "", agent=request.META.get("HTTP_USER_AGENT", "")[:300])
    return tracking.click(delivery_id, n, seen=seen)
