"""Leaving, pausing and choosing, by the links in every mail. Looking changes nothing; only a POST does.

The unsubscribe address is also the one-click endpoint of RFC 8058: mail programs POST to it without a cookie, in
whatever encoding, and want an empty 200 and no redirect. Only our own page's button is answered with a page.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from booking import times
from clinic import queries as clinic
from leads.consent import queries as consents
from leads.consent import services as consent
from leads.consent.terms import months_later
from leads.intake import limits
from leads.people import addresses
from leads.people import services as people
from leads.people.models import Lead
from newsletter.content.models import Topic
from website import access, arrival, recipient
from website.recipient import Recipient

BUTTONS = ("leave", "undo")
CHOICES = ("pause", "resume", "topics")


@access.private
@access.one_click
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    button = _button(request)
    if request.method == "POST" and button is None:
        return leave_at_once(token) or HttpResponse()
    holder = recipient.of(token)
    if holder is None or holder.lead is None:
        return _nobody(request, holder)
    now = holder.asked_at
    if request.method != "POST":
        context = {**_standing(holder, holder.lead, now), "is_undone": "undone" in request.GET}
        return render(request, "website/unsubscribe.html", context)
    arrival.acts(request, now=now)
    if button == "undo":
        consent.undo_withdrawal(holder.lead, now=now, network=limits.network(request.META["REMOTE_ADDR"]))
        return redirect(reverse("website:unsubscribe", args=[token]) + "?undone")
    _leave(holder, how="unsubscribe page")
    return redirect("website:unsubscribe", token)


def one_click(request: HttpRequest, token: str) -> HttpResponse | None:
    """What a mail program wants: its reader is off before it is answered. None for our own page's buttons."""
    return leave_at_once(token) if _button(request) is None else None


def leave_at_once(token: str) -> HttpResponse | None:
    """None for a link that we never wrote."""
    holder = recipient.of(token)
    if holder is None:
        return None
    _leave(holder, how="one click")
    return HttpResponse(headers=access.EMPTY)


@access.private
@access.form_page
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    holder = recipient.of(token)
    if holder is None or holder.lead is None:
        return _nobody(request, holder)
    now = holder.asked_at
    if request.method != "POST":
        context = {**_choices(holder, holder.lead, now), "is_kept": "kept" in request.GET}
        return render(request, "website/preferences.html", context)
    arrival.acts(request, now=now)
    button = request.POST.get("button")
    if button == "leave":
        _leave(holder, how="preferences page")
        return redirect("website:unsubscribe", token)
    is_kept = _choose(holder.lead, button, request.POST.getlist("topics"), now)
    return redirect(reverse("website:preferences", args=[token]) + ("?kept" if is_kept else ""))


def _button(request: HttpRequest) -> str | None:
    """Which of our own buttons was pressed; None for a mail program, however it writes."""
    button = request.POST.get("button") if access.is_readable(request) else None
    return button if button in BUTTONS else None


def _leave(holder: Recipient, *, how: str) -> None:
    if holder.lead is not None:
        now, delivery_id = holder.asked_at, holder.delivery_id
        consent.withdraw(holder.lead, how=how, now=now, delivery_id=delivery_id, anew=holder.anew)


def _choose(lead: Lead, button: str | None, topics: list[str], now: datetime) -> bool:
    """Do what the button says; False if there is no such button."""
    if button == "pause":
        people.pause(lead, until=months_later(now, 1))
    elif button == "resume":
        people.resume(lead)
    elif button == "topics":
        people.decline(lead, topics=[topic for topic in Topic.values if topic not in topics], now=now)
    return button in CHOICES


def _standing(holder: Recipient, lead: Lead, now: datetime) -> dict[str, object]:
    """Who still gets mail of those who leave with one press: nearly always one, and else the address that they name."""
    meant = [lead, *(Lead.objects.filter(pk__in=holder.anew).order_by("pk") if holder.anew else ())]
    mailed = [one for one in meant if consents.live_marketing_consent(one, now) is not None]
    return {
        "masked": ", ".join(addresses.masked(one.email) for one in mailed or [lead]),
        "gets_mail": bool(mailed),
        "can_undo": consent.is_undoable(lead, now),
    }


def _choices(holder: Recipient, lead: Lead, now: datetime) -> dict[str, object]:
    topics = [
        {"value": value, "label": label, "wanted": value not in lead.declined_topics} for value, label in Topic.choices
    ]
    return {**_standing(holder, lead, now), "topics": topics, "paused_until": _pause(lead, now)}


def _pause(lead: Lead, now: datetime) -> str:
    """The day on which a pause ends, by the lead's own calendar; empty when there is none."""
    if lead.paused_until is None or lead.paused_until <= now:
        return ""
    zone = times.zone_or(lead.time_zone, clinic.zone())
    return _("%(day)s (%(zone)s)") % {
        "day": times.day(lead.paused_until, zone),
        "zone": times.zone_name(zone, lead.paused_until),
    }


def _nobody(request: HttpRequest, holder: Recipient | None) -> HttpResponse:
    """A link of nobody's, or of a mail that was only a test: a kind page, and nothing happens."""
    is_test = holder is not None and holder.is_test
    return render(request, "website/test_mail_notice.html" if is_test else "website/link_unknown.html")
