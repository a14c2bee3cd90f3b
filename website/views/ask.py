"""Asking a question."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic import queries as clinic
from leads.consent import wording
from leads.intake import limits
from leads.intake import services as intake
from website import access, arrival, errors
from website.forms.ask import AskForm


@access.form_page
def ask(request: HttpRequest) -> HttpResponse:
    now = clock.database_now()
    form = AskForm(request, now=now, words=wording.marketing(clinic.profile()))
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(request, "website/ask.html", {"form": form}, status=status)
    address = request.META["REMOTE_ADDR"]
    if not limits.admits(address):
        return errors.too_many(request)
    if not form.is_trapped:
        intake.ask(form.asked(network=limits.network(address)), now=now)
        arrival.acts(request, now=now)
    return redirect("website:asked")


@access.page
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "website/asked.html")
