"""Every address in website.urls, with something real behind it; a new page is included by itself."""

from django.urls import reverse

from clinic import clock
from leads.consent import services, tokens
from leads.consent.services import Shown
from newsletter import tokens as links
from tests.factories import bookings, mail, people
from website.urls import urlpatterns


def names():
    return [pattern.name for pattern in urlpatterns]


def arguments(name):
    """What stands in the address of this page: the names of its parts."""
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    return list(pattern.pattern.converters)


FOR_EVERYBODY = {"picture", "archived", "archived_mail"}
"""Pages with something in their address that is nobody's secret."""


def paths(**parts):
    """Every address, with these parts where they are asked for."""
    parts = {"name": "0" * 32 + ".png", "pk": 1, **parts}
    return {name: reverse(f"website:{name}", kwargs={key: parts[key] for key in arguments(name)}) for name in names()}


def world(lead):
    """Live links of every kind to this lead, by what they are for, and an appointment."""
    letter = mail.delivery(lead, state=1)
    call = bookings.appointment(lead)
    notice = mail.delivery(lead, state=1, kind=5, owner=call.pk)
    request = services.request(people.lead(), evidence=Shown(), now=clock.database_now())
    assert request is not None
    return {
        "letter": links.sign(letter.pk),
        "notice": links.sign(notice.pk),
        "confirm": tokens.mint(request.pk, now=clock.database_now()),
        "uid": call.uid,
    }
