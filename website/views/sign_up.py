"""Signing up, and confirming it. What is answered never tells whether an address was known."""

from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic import queries as clinic
from leads.consent import queries as consents
from leads.consent import services as consent
from leads.consent import tokens, wording
from leads.consent.models import ConsentRequest
from leads.intake import limits
from leads.intake import services as intake
from leads.people import addresses
from website import access, arrival, errors
from website.forms.sign_up import SignUpForm


@access.form_page
def sign_up(request: HttpRequest) -> HttpResponse:
    now = clock.database_now()
    form = SignUpForm(request, now=now, words=wording.marketing(clinic.profile()))
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "website/sign_up.html", {"form": form}, status=status)
    address = request.META["REMOTE_ADDR"]
    if not limits.admits(address):
        return errors.too_many(request)
    if not form.is_trapped:
        intake.sign_up(form.sign_up(network=limits.network(address)), now=now)
        arrival.acts(request, now=now)
    return redirect("website:signed_up")


@access.page
def signed_up(request: HttpRequest) -> HttpResponse:
    return render(request, "website/signed_up.html")


@access.private
@access.form_page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button; POST is the consent. A link that was used, or is too old, is told so kindly."""
    now = clock.database_now()
    if request.method != "POST":
        return _asked(request, tokens.find(token), now)
    try:
        consent.confirm(token, now=now, network=limits.network(request.META["REMOTE_ADDR"]))
    except (consent.UnknownLink, consent.ExpiredLink):
        return _asked(request, tokens.find(token), now)
    arrival.acts(request, now=now)
    return redirect("website:confirmed")


@access.page
def confirmed(request: HttpRequest) -> HttpResponse:
    return render(request, "website/confirmed.html")


def _asked(request: HttpRequest, asked: ConsentRequest | None, now: datetime) -> HttpResponse:
    if asked is None or asked.lead.erased_at is not None:
        return render(request, "website/link_unknown.html")
    if consent.is_expired(asked, now):
        return render(request, "website/confirm_expired.html")
    if asked.confirmed_at is not None:
        gets_mail = consents.live_marketing_consent(asked.lead, now) is not None
        return render(request, "website/confirm_used.html", {"gets_mail": gets_mail})
    return render(request, "website/confirm.html", {"masked": addresses.masked(asked.lead.email)})
