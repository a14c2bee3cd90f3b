import pytest
from django.test import RequestFactory

from config.proxies import client_address


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
