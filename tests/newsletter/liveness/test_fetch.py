"""Links are followed as a reader would follow them, and nowhere that a reader could not go."""

import ssl
import time

import pytest

from newsletter.liveness import fetch, outside
from newsletter.liveness.fetch import Seen
from newsletter.liveness.models import Verdict
from tests.fakes import websites

ALIVE, DEAD, UNCLEAR = Verdict.ALIVE, Verdict.DEAD, Verdict.UNCLEAR


def test_a_page_that_answers_is_alive_and_is_asked_for_once_without_its_fragment(sites):
    sites.public.pages["/page?a=1"] = (200, "")

    assert fetch.look("https://localhost/page?a=1#part", web=sites.web()) == Seen(ALIVE, "", 200)
    assert sites.public.asked == [("HEAD", "/page?a=1", "localhost")]


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        (204, Seen(ALIVE, "", 204)),
        (404, Seen(DEAD, "gone", 404)),
        (410, Seen(DEAD, "gone", 410)),
        (401, Seen(UNCLEAR, "robots", 401)),
        (403, Seen(UNCLEAR, "robots", 403)),
        (405, Seen(UNCLEAR, "robots", 405)),
        (429, Seen(UNCLEAR, "robots", 429)),
        (503, Seen(UNCLEAR, "robots", 503)),
        (500, Seen(UNCLEAR, "trouble", 500)),
        (400, Seen(UNCLEAR, "trouble", 400)),
    ],
)
def test_what_is_gone_is_dead_and_what_robots_cannot_see_is_unclear(sites, status, seen):
    sites.public.pages["/"] = (status, "")

    assert fetch.look("https://localhost", web=sites.web()) == seen


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_a_website_that_does_not_like_head_is_asked_again(sites, status):
    sites.public.pages |= {"HEAD /": (status, ""), "GET /": (200, "")}

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(ALIVE, "", 200)
    assert [method for method, *_ in sites.public.asked] == ["HEAD", "GET"]


def test_five_redirects_are_followed_and_a_sixth_is_not(sites):
    sites.public.pages |= {f"/{n}": (302, f"/{n + 1}") for n in range(6)} | {"/6": (200, "")}

    assert fetch.look("https://localhost/1", web=sites.web()) == Seen(ALIVE, "", 200)
    assert fetch.look("https://localhost/0", web=sites.web()) == Seen(DEAD, "redirects")


def test_a_circle_of_redirects_is_dead(sites):
    sites.public.pages["/"] = (301, "https://localhost/")

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(DEAD, "redirects")


def test_a_redirect_to_a_page_without_https_is_told_and_not_followed(sites):
    sites.public.pages["/"] = (302, "http://localhost/elsewhere")

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(UNCLEAR, "insecure_redirect")
    assert len(sites.public.asked) == 1


def test_a_name_that_does_not_exist_is_dead_and_a_name_server_that_is_away_is_not(sites):
    def away(host: str) -> list[str]:
        raise OSError(host)

    assert fetch.look("https://nowhere.test/", web=sites.web()) == Seen(DEAD, "no_such_name")
    assert fetch.look("https://localhost/", web=sites.web(resolve=away)) == Seen(UNCLEAR, "silent")


@pytest.mark.parametrize("certificate", ["wrong_name", "expired"])
def test_a_certificate_that_browsers_refuse_is_dead(sites, trusted, certificate):
    shown = websites.showing(sites.public, trusted.certificate(certificate), trusted.key(certificate))
    with shown as port:
        assert fetch.look("https://localhost/", web=sites.web(port=port)) == Seen(DEAD, "certificate")


def test_a_certificate_whose_issuer_is_not_known_here_is_for_somebody_to_look_at(sites):
    """Browsers look for the missing part of a chain elsewhere, and mostly find it."""
    sites.public.pages["/"] = (200, "")
    ordinary = outside.Web().context

    assert fetch.look("https://localhost/", web=sites.web(context=ordinary)) == Seen(UNCLEAR, "issuer")


def test_a_certificate_that_vouches_for_itself_is_dead(sites, trusted):
    with websites.showing(sites.public, trusted.file, trusted.key("authority")) as port:
        ordinary = outside.Web().context
        assert fetch.look("https://localhost/", web=sites.web(port=port, context=ordinary)) == Seen(DEAD, "certificate")


def test_a_server_that_speaks_no_tls_that_we_speak_is_unclear(sites):
    old = ssl.create_default_context(cafile=sites.authority.file)
    old.minimum_version = ssl.TLSVersion.TLSv1_3
    sites.public.newest = ssl.TLSVersion.TLSv1_2

    assert fetch.look("https://localhost/", web=sites.web(context=old)) == Seen(UNCLEAR, "silent")


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/caf\xc3\xa9", "/caf%C3%A9"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/o'brien", "/o'brien"),
        ("/a page", "/a%20page"),
        (' /"quoted" ', "/%22quoted%22"),
        ("/page?q=\xc3\xa9", "/page?q=%C3%A9"),
    ],
)
def test_a_redirect_is_read_as_browsers_read_it(sites, location, asked):
    sites.public.pages |= {"/": (302, location), asked: (200, "")}

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(ALIVE, "", 200)
    assert sites.public.asked[-1][1] == asked


def test_where_one_address_of_a_name_does_not_let_us_in_the_next_is_tried(sites):
    sites.names["two.test"] = [["127.0.0.9", websites.PUBLIC]]
    sites.public.pages["/"] = (200, "")
    lenient = ssl.create_default_context(cafile=sites.authority.file)
    lenient.check_hostname = False

    anybody = sites.web(context=lenient, is_public=lambda _address: True)
    assert fetch.look("https://two.test/", web=anybody) == Seen(ALIVE, "", 200)


def test_a_website_that_never_stops_is_read_no_further_than_needed(sites):
    sites.public.pages |= {"HEAD /flood": (405, ""), "GET /flood": (200, "")}
    began = time.monotonic()

    assert fetch.look("https://localhost/flood", web=sites.web()) == Seen(ALIVE, "", 200)
    assert time.monotonic() - began < 9


def test_a_closed_port_is_unclear(sites):
    assert fetch.look("https://localhost/", web=sites.web(port=1)) == Seen(UNCLEAR, "silent")


def test_a_website_that_drips_is_cut_off_when_the_time_is_over(sites):
    began = time.monotonic()

    assert fetch.look("https://localhost/drip", web=sites.web(), seconds=0.4) == Seen(UNCLEAR, "silent")
    assert time.monotonic() - began < 9
