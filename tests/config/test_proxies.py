import pytest
from django.test import RequestFactory

from config.proxies import client_address, counted_as


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("", 1, None),
        ("203.0.113.9", 0, None),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", 1, "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("203.0.113.9", 2, None),
        ("2001:db8::7", 1, "2001:db8::7"),
        ("not an address", 1, None),
    ],
)
def test_only_what_a_trusted_proxy_saw_counts(forwarded: str, proxies: int, address: str | None) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})

    assert client_address(request, proxies=proxies) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", None),
        ("nonsense", None),
    ],
)
def test_tries_are_counted_for_what_one_household_has(address: str, counted: str | None) -> None:
    assert counted_as(RequestFactory(REMOTE_ADDR=address).get("/")) == counted
