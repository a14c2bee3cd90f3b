"""Already booked: a link in every mail; its page asks how, and its button ends the course."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from booking import goals
from booking.models import GoalKind
from clinic import clock
from leads.people import addresses
from website import access, arrival, recipient

KINDS = (GoalKind.DIRECT, GoalKind.PHONE, GoalKind.ELSEWHERE, GoalKind.PATIENT)


@access.private
@access.form_page
def booked(request: HttpRequest, token: str) -> HttpResponse:
    now = clock.database_now()
    holder = recipient.of(token)
    if holder is None:
        return render(request, "website/link_unknown.html")
    if holder.lead is None:
        return render(request, "website/test_mail_notice.html")
    kind = request.POST.get("kind", "")
    if request.method != "POST" or kind not in KINDS:
        context = {"masked": addresses.masked(holder.lead.email), "kinds": [(kind.value, kind.label) for kind in KINDS]}
        return render(request, "website/booked.html", context)
    arrival.acts(request, now=now)
    goals.reach(holder.lead, kind=GoalKind(kind), now=now)
    return redirect("website:thanks_booked")


@access.page
def thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "website/thanks_booked.html")
