"""Five hundred malformed requests over all public pages: none of them is answered with an error of ours."""

import pytest
from django.core import signals
from django.db import close_old_connections
from django.urls import Resolver404, resolve

from clinic import clock
from leads.models import Lead
from tests.booking import diary as calls
from tests.website import public
from tests.website.hostile import Hostile, status_of
from website import diary

pytestmark = pytest.mark.django_db


def page_at(path):
    try:
        return {resolve(path).url_name}
    except Resolver404:
        return set()


@pytest.fixture(autouse=True)
def one_connection():
    """The test's transaction lives in the connection that a finished request would give back."""
    for moment in (signals.request_started, signals.request_finished):
        moment.disconnect(close_old_connections)
    yield
    for moment in (signals.request_started, signals.request_finished):
        moment.connect(close_old_connections)


@pytest.fixture
def world(ada):
    """Live links, and a clinic that takes calls."""
    calls.thin_mails()
    calls.clinic_with_calls()
    return {**public.world(ada), "slot": diary.write(calls.free(clock.database_now())[-1])}


def test_no_malformed_request_breaks_a_page(world):
    hostile = Hostile(seed=1, world=world)
    broken, pages, statuses = [], set(), set()
    for number in range(500):
        request = hostile.request()
        status = status_of(request)
        statuses.add(status)
        pages |= page_at(request["PATH_INFO"])
        if status >= 500:
            broken.append((number, status, request))

    assert broken == []
    assert pages >= set(public.names())
    assert statuses >= {200, 302, 400, 403, 404, 405, 422}
    assert {lead.source for lead in Lead.objects.all()} == {"sign_up", "inquiry", "booking"}


def test_the_same_seed_sends_the_same_requests(world):
    drawn = [Hostile(3, world).request()["PATH_INFO"] for _ in range(2)]

    assert drawn[0] == drawn[1]
