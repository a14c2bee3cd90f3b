"""Nothing that only this server can reach is ever asked for anything."""

import ssl

import pytest

from newsletter.liveness import fetch, outside
from newsletter.liveness.fetch import Seen
from newsletter.liveness.models import Verdict
from newsletter.liveness.outside import Web
from tests.fakes.websites import PRIVATE, PUBLIC

DEAD = Verdict.DEAD
WAYS_IN = [
    "https://127.0.0.1/",
    "https://localhost/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[5f00::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[::127.0.0.1]/",
    "https://[0:0:0:0:0:ffff:169.254.169.254]/",
    "https://[ff02::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://192.0.0.192/",
    "https://168.63.129.16/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
]
"""Private, loopback, link-local, shared, multicast, metadata; in every spelling that a resolver understands."""

NOT_ASKED = {
    "http://localhost/": "insecure",
    "ftp://localhost/": "insecure",
    "file:///etc/passwd": "insecure",
    "gopher://localhost/": "insecure",
    "//localhost/": "insecure",
    "https://localhost:22/": "port",
    "https://localhost:8443/": "port",
    "https://localhost:99999/": "malformed",
    "https://good.test@localhost/": "malformed",
    "https://good.test:443@localhost/": "malformed",
    "https://@localhost/": "malformed",
    "https://localhost\\@good.test/": "malformed",
    "https://localhost\r\nHost: good.test/": "malformed",
    "https://local host/": "malformed",
    "https:///": "malformed",
    "https://[::1/": "malformed",
}


@pytest.mark.parametrize("url", WAYS_IN)
def test_no_address_within_is_connected_to(sites, url):
    """By the real rules: both servers listen on the port that would be connected to."""
    real = Web(port=sites.public.port)

    assert fetch.look(url, web=real) == Seen(DEAD, "private")
    assert (sites.public.connections, sites.private.connections) == (0, 0)


@pytest.mark.parametrize(("url", "reason"), NOT_ASKED.items())
def test_only_plain_https_addresses_are_followed(sites, url, reason):
    assert fetch.look(url, web=sites.web()) == Seen(DEAD, reason)
    assert (sites.public.connections, sites.private.connections, sites.resolved) == (0, 0, [])


def test_a_name_that_leads_within_is_not_followed(sites):
    sites.names["inside.test"] = [[PRIVATE]]

    assert fetch.look("https://inside.test/", web=sites.web()) == Seen(DEAD, "private")
    assert sites.private.connections == 0


def test_a_name_of_which_one_address_is_within_is_not_followed(sites):
    sites.names["both.test"] = [[PUBLIC, PRIVATE]]

    assert fetch.look("https://both.test/", web=sites.web()) == Seen(DEAD, "private")
    assert (sites.public.connections, sites.private.connections) == (0, 0)


def test_a_host_that_is_written_as_an_ipv6_address_is_named_as_one(sites):
    """In the Host header, with its brackets and without anything that looks like a port."""
    sites.public.pages["/"] = (200, "")
    lenient = ssl.create_default_context(cafile=sites.authority.file)
    lenient.check_hostname = False
    there = sites.web(context=lenient, resolve=lambda _host: [PUBLIC])

    assert fetch.look("https://[2606:4700::1111]/", web=there) == Seen(Verdict.ALIVE, "", 200)
    assert sites.public.asked == [("HEAD", "/", "[2606:4700::1111]")]


@pytest.mark.parametrize(
    "location",
    [
        "https://inside.test/",
        "//inside.test/",
        f"https://{PRIVATE}/",
        "https://169.254.169.254/",
        "https://[::1]/",
        "https://2130706433/",
    ],
)
def test_every_redirect_is_looked_at_again(sites, location):
    sites.names |= {"inside.test": [[PRIVATE]], "localhost.inside.test": [[PUBLIC, PRIVATE]]}
    sites.public.pages["/"] = (302, location)

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(DEAD, "private")
    assert (len(sites.public.asked), sites.private.connections) == (1, 0)


@pytest.mark.parametrize(
    "location",
    ["https://good.test\\@localhost/", "https://localhost@inside.test/", "https://local host/", "https://[::1"],
)
def test_a_redirect_that_could_be_read_in_two_ways_is_not_followed(sites, location):
    sites.public.pages["/"] = (302, location)

    assert fetch.look("https://localhost/", web=sites.web()).verdict != Verdict.ALIVE
    assert (len(sites.public.asked), sites.private.connections) == (1, 0)


def test_a_redirect_to_an_odd_port_is_not_followed(sites):
    sites.public.pages["/"] = (302, f"https://localhost:{sites.public.port}/")

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(DEAD, "port")
    assert len(sites.public.asked) == 1


def test_a_name_that_changes_its_mind_is_held_to_what_was_looked_at(sites):
    """DNS rebinding: the first answer is public, every later one within; the first is what is connected to."""
    sites.names["localhost"] = [[PUBLIC], [PRIVATE]]
    sites.public.pages["/"] = (200, "")

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(Verdict.ALIVE, "", 200)
    assert sites.resolved == ["localhost"]
    assert (sites.public.connections, sites.private.connections) == (1, 0)


def test_a_name_that_changes_its_mind_between_redirects_is_caught(sites):
    sites.names["localhost"] = [[PUBLIC], [PRIVATE]]
    sites.public.pages["/"] = (302, "https://localhost/again")

    assert fetch.look("https://localhost/", web=sites.web()) == Seen(DEAD, "private")
    assert sites.private.connections == 0


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_that_anybody_can_reach_are_outside(address):
    assert outside.is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "8.8.8", "8.8.8.8.8", "fe80::1%eth0"])
def test_what_is_no_address_is_not(address):
    assert not outside.is_public(address)
