"""Looks at links are rows: asked for once, taken by one worker, kept for some hours."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.liveness import queries, services
from newsletter.liveness.models import LinkCheck, Verdict
from tests.fakes.websites import PRIVATE

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
URL = "https://localhost/page"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def checked(settings) -> None:
    settings.LINK_CHECKS = True


def seen(url: str = URL) -> tuple[str, str, bool]:
    check = LinkCheck.objects.get(url=url)
    return check.verdict, check.reason, check.due_at is not None


def test_a_link_is_asked_for_once_and_looked_at_once(sites):
    sites.public.pages["/page"] = (200, "")

    assert (services.ask([URL, URL], now=NOW), services.ask([URL], now=NOW)) == (1, 0)
    assert seen() == (Verdict.PENDING, "", True)
    assert services.look(now=NOW, web=sites.web()) == 1
    assert seen() == (Verdict.ALIVE, "", False)
    assert (services.look(now=NOW, web=sites.web()), len(sites.public.asked)) == (0, 1)


def test_what_lives_is_believed_for_hours_and_what_is_dead_for_minutes(sites):
    sites.public.pages["/page"] = (200, "")
    dead = "https://localhost/gone"
    services.ask([URL, dead], now=NOW)
    services.look(now=NOW, web=sites.web())

    assert services.ask([URL, dead], now=NOW + 9 * MINUTE) == 0
    assert services.ask([URL, dead], now=NOW + 10 * MINUTE) == 1
    assert seen(dead) == (Verdict.DEAD, "gone", True)
    services.look(now=NOW + 10 * MINUTE, web=sites.web())
    assert services.ask([URL], now=NOW + 6 * HOUR) == 1


def test_who_asks_afresh_is_heard_at_once(sites):
    sites.public.pages["/page"] = (404, "")
    services.ask([URL], now=NOW)
    services.look(now=NOW, web=sites.web())
    sites.public.pages["/page"] = (200, "")

    assert services.ask([URL], now=NOW + MINUTE, afresh=True) == 1
    services.look(now=NOW + MINUTE, web=sites.web())
    assert seen() == (Verdict.ALIVE, "", False)


def test_nobody_looks_at_what_somebody_is_looking_at(sites):
    services.ask([URL], now=NOW)
    LinkCheck.objects.update(lease_until=NOW + MINUTE)

    assert services.look(now=NOW, web=sites.web()) == 0
    assert services.look(now=NOW + MINUTE, web=sites.web()) == 1


def test_many_links_are_looked_at_side_by_side(sites):
    urls = [f"https://localhost/{n}" for n in range(10)]
    services.ask(urls, now=NOW)

    assert services.look(now=NOW, web=sites.web()) == 10
    assert set(LinkCheck.objects.values_list("verdict", "status")) == {(Verdict.DEAD, 404)}


def test_no_website_is_asked_for_more_than_two_at_a_time(sites):
    crowd = [f"https://localhost/{n}" for n in range(6)]
    services.ask([*crowd, "https://other.test/", "https://third.test/"], now=NOW)
    sites.names |= {"other.test": [[PRIVATE]], "third.test": [[PRIVATE]]}
    sites.public.pages |= {f"/{n}": (200, "") for n in range(6)}
    sites.public.takes = 0.3

    assert services.look(now=NOW, web=sites.web()) == 8
    assert (sites.public.most_at_once, len(sites.public.asked)) == (2, 6)


def test_a_worker_that_is_asked_to_stop_leaves_its_looks_to_the_next(sites):
    services.ask(["https://localhost/drip"], now=NOW)
    began, asked = time.monotonic(), iter([False, False])

    services.look(now=NOW, web=sites.web(), should_stop=lambda: next(asked, True))

    assert time.monotonic() - began < 9
    assert seen("https://localhost/drip") == (Verdict.PENDING, "", True)


def test_however_often_a_button_is_pressed_a_website_is_asked_once_in_a_while(sites):
    sites.public.pages["/page"] = (200, "")
    services.ask([URL], now=NOW)
    services.look(now=NOW, web=sites.web())

    assert services.ask([URL], now=NOW + timedelta(seconds=14), afresh=True) == 0
    assert services.ask([URL], now=NOW + timedelta(seconds=15), afresh=True) == 1


def test_only_addresses_outside_are_asked_for(settings):
    settings.DEBUG = True
    settings.PUBLIC_URL = "https://clinic.test"
    ours = ["/book", "https://clinic.test", "https://clinic.test/sciatica", "https://booking.harbour.example/visits"]

    assert services.ask([*ours, "mailto:a@b.test", f"https://localhost/{'a' * 500}"], now=NOW) == 0
    assert services.ask(["https://clinic.test.evil.net/"], now=NOW) == 1
    settings.DEBUG = False
    assert services.ask(ours, now=NOW) == 3


def test_an_example_is_dead_without_being_asked(sites):
    services.ask(["https://booking.harbour.example/visits"], now=NOW)
    services.look(now=NOW, web=sites.web())

    assert seen("https://booking.harbour.example/visits") == (Verdict.DEAD, "example", False)
    assert sites.resolved == []


def test_switched_off_nothing_is_asked_for_and_nothing_is_looked_at(settings, sites):
    services.ask([URL], now=NOW)
    settings.LINK_CHECKS = False

    assert (services.ask(["https://localhost/other"], now=NOW), services.look(now=NOW, web=sites.web())) == (0, 0)
    assert sites.public.connections == 0


def test_the_tick_rings_as_long_as_something_is_due(monkeypatch):
    rung: list[str] = []
    monkeypatch.setattr(services, "_ringers", [lambda: rung.append("links")])

    services.remind(NOW)
    services.ask([URL], now=NOW)
    services.remind(NOW)
    services.remind(NOW - MINUTE)

    assert (rung, queries.is_due(NOW)) == (["links"], True)


def test_what_nobody_asks_for_is_forgotten_after_a_month(sites):
    services.ask([URL], now=NOW)
    services.look(now=NOW, web=sites.web())

    services.look(now=NOW + timedelta(days=29), web=sites.web())
    assert LinkCheck.objects.count() == 1
    services.look(now=NOW + timedelta(days=31), web=sites.web())
    assert LinkCheck.objects.count() == 0
