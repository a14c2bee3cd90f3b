"""Who is really asking, when a reverse proxy stands in front.

Everything that counts per network reads REMOTE_ADDR. With PROXY_COUNT trusted proxies it becomes the
address that the outermost of them saw; what the visitor wrote into X-Forwarded-For further left is ignored.
"""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ClientAddressMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = client_address(request, proxies=settings.PROXY_COUNT)
        if address:
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def client_address(request: HttpRequest, *, proxies: int) -> str | None:
    """Return the address that the outermost trusted proxy saw, or None if that cannot be told."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if not proxies or len(hops) < proxies:
        return None
    try:
        return str(ipaddress.ip_address(hops[-proxies]))
    except ValueError:
        return None


def counted_as(request: HttpRequest) -> str | None:
    """Return whom tries to sign in are counted for: an IPv4 address, or the IPv6 /64 that one household has whole."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.IPv6Network((address, 64), strict=False).network_address
    return str(address)
