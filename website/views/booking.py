"""The free call: booked on /book, moved and cancelled by the link in every mail about it.

book.html            form, days (website.diary.Day), earlier and later (queries of the pages of times beside this
                     one, or empty), chosen (the value of the time that was picked), zone (its IANA name),
                     zone_name, zones (for a select: continent, [(name, place)]), is_guessed (nobody has said the
                     zone yet, so the browser may), guest (came from a mail)
call_booked.html     call, when, phone_hint
appointment.html     call, when, phone_hint, can_change, days, earlier, later, zone, zone_name, form (move), is_moved
appointment_cancelled.html  call, when
"""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from booking import entries, queries, services, times
from booking.calendar import Method
from booking.models import Appointment, AppointmentState
from clinic import clock, phones
from clinic import queries as clinic
from leads.intake import limits
from leads.people.models import Lead
from website import access, arrival, diary, errors, recipient, visits
from website.forms.booking import BookingForm, MoveForm

TAKEN = _("Somebody was a moment faster: this time is taken. Please choose another one.")
CALL_US = _("We cannot book this call here. Please call us, and we find a time together.")


@access.private
@access.form_page
def book(request: HttpRequest) -> HttpResponse:
    """Free times and the form; a time that somebody else took is said so, with everything else kept."""
    now = clock.database_now()
    visits.count(request, "book", now=now)
    guest = arrival.lead(request)
    form = BookingForm(request, now=now, guest=guest)
    zone = _zone(request, guest)
    if form.is_valid():
        if not limits.admits(request.META["REMOTE_ADDR"]):
            return errors.too_many(request)
        call = _book(request, form, zone, now)
        if call is not None:
            return redirect("website:call", call.uid)
    is_guessed = "tz" not in request.GET and _said_zone(request, guest) is None
    context = {"form": form, "guest": guest, "is_guessed": is_guessed}
    return _page(request, "website/book.html", {**context, **_free(request, form, zone, now)}, form)


@access.private
@access.page
def call(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What was booked, for the browser that booked it. Changing it takes the link in the mail."""
    found = queries.to_come(uid, now=clock.database_now())
    if found is None:
        return redirect("website:book")
    return render(request, "website/call_booked.html", _told(found))


@access.private
@access.page
def call_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.to_come(uid, now=clock.database_now())
    if found is None:
        return redirect("website:book")
    return _file(found)


@access.private
@access.form_page
def appointment(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the call; POST moves or cancels it. Said twice, it is answered as kindly as the first time."""
    now = clock.database_now()
    holder = recipient.of(token)
    found = queries.of_delivery(holder.delivery_id) if holder and holder.lead else None
    if found is None:
        is_test = holder is not None and holder.is_test
        return render(request, "website/test_mail_notice.html" if is_test else "website/link_unknown.html")
    form = MoveForm(request.POST if request.POST.get("button") == "move" else None)
    if request.method == "POST" and _change(request, found, form, now):
        return redirect(_address(token, is_moved=form.is_bound))
    found.refresh_from_db()
    return _appointment(request, found, form, now)


@access.private
@access.page
def appointment_file(request: HttpRequest, token: str) -> HttpResponse:
    holder = recipient.of(token)
    found = queries.of_delivery(holder.delivery_id) if holder and holder.lead else None
    if found is None or found.state != AppointmentState.BOOKED:
        return redirect("website:appointment", token)
    return _file(found, delivery_id=holder.delivery_id if holder else None)


def _book(request: HttpRequest, form: BookingForm, zone: ZoneInfo, now: datetime) -> Appointment | None:
    """Book it, or say on the form why not. A person whose browser fell into the trap is told to call."""
    visitor = form.visitor(network=limits.network(request.META["REMOTE_ADDR"]))
    if form.is_trapped:
        form.add_error(None, CALL_US)
        return None
    arrival.acts(request, now=now)
    try:
        return services.book(visitor, wanted=form.wanted(time_zone=zone.key), now=now)
    except services.SlotTaken:
        form.add_error("starts_at", TAKEN)
    except services.TooManyCalls:
        form.add_error(None, CALL_US)
    return None


def _change(request: HttpRequest, found: Appointment, form: MoveForm, now: datetime) -> bool:
    """Do what the button says; False if the page has to explain something."""
    try:
        if request.POST.get("button") == "cancel":
            services.cancel(found, now=now)
            return True
        if not form.is_valid():
            return False
        services.move(found, starts_at=form.cleaned_data["starts_at"], now=now)
    except services.SlotTaken:
        form.add_error("starts_at", TAKEN)
    except services.TooLate:
        return not form.is_bound
    return not form.errors


def _appointment(request: HttpRequest, found: Appointment, form: MoveForm, now: datetime) -> HttpResponse:
    told = _told(found)
    if found.state == AppointmentState.CANCELLED:
        return render(request, "website/appointment_cancelled.html", told)
    can_change = found.state == AppointmentState.BOOKED and found.starts_at > now
    free = _free(request, form, _zone_of(found), now) if can_change else {}
    context = {**told, **free, "form": form, "can_change": can_change, "is_moved": "moved" in request.GET}
    return _page(request, "website/appointment.html", context, form)


def _page(
    request: HttpRequest, template: str, context: dict[str, object], form: BookingForm | MoveForm
) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, template, context, status=status)


def _free(request: HttpRequest, form: BookingForm | MoveForm, zone: ZoneInfo, now: datetime) -> dict[str, object]:
    """The free times as the page shows them, with the zone that they are in."""
    chosen = form.data.get("starts_at", "")
    found = diary.days(queries.open_slots(now=now), zone)
    page = diary.page(found, asked=request.GET.get("page", ""), chosen=chosen)
    return {
        "days": page.days,
        "earlier": _beside(zone, page.earlier),
        "later": _beside(zone, page.later),
        "chosen": chosen,
        "zone": zone.key,
        "zone_name": times.zone_place(zone),
        "zones": times.zone_choices(zone),
    }


def _beside(zone: ZoneInfo, page: int | None) -> str:
    """The query of the page of times before or after this one; empty if there is none."""
    return "" if page is None else urlencode({"tz": zone.key, "page": page})


def _told(found: Appointment) -> dict[str, object]:
    when = times.said(found.starts_at, _zone_of(found))
    return {"call": found, "when": when, "phone_hint": phones.hint(found.phone)}


def _zone(request: HttpRequest, guest: Lead | None) -> ZoneInfo:
    return _said_zone(request, guest) or clinic.zone()


def _said_zone(request: HttpRequest, guest: Lead | None) -> ZoneInfo | None:
    """The zone that the visitor chose, else the browser's, else the one we know them by."""
    said = (request.GET.get("tz"), request.POST.get("time_zone"), guest.time_zone if guest else "")
    return next((zone for name in said if name and (zone := times.zone_named(name))), None)


def _zone_of(found: Appointment) -> ZoneInfo:
    return times.zone_or(found.time_zone, clinic.zone())


def _address(token: str, *, is_moved: bool) -> str:
    return reverse("website:appointment", args=[token]) + ("?moved" if is_moved else "")


def _file(found: Appointment, *, delivery_id: int | None = None) -> HttpResponse:
    content = entries.file(found, Method.PUBLISH, delivery_id=delivery_id)
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{entries.FILENAME}"'
    return answer
