"""Which addresses are outside: the public internet, and nothing that only this machine or its network can reach.

A link comes from whoever writes an email, and this server follows it from within the clinic's or a provider's
network. So the address decides, never the name: it is looked at after the name was resolved, and what was looked at
is what is connected to.
"""

import errno
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from ssl import SSLContext, create_default_context
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

HTTPS_PORT = 443
TRANSITION = tuple(map(ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")))
"""IPv6 networks whose addresses carry an IPv4 address that a gateway might lead to."""
UNICAST = ip_network("2000::/3")
"""All of IPv6 that anybody has been given on the internet; what was private once, or may be some day, is not in it."""
METADATA = frozenset({"168.63.129.16"})
"""A cloud's own service behind an address that looks public."""
UNKNOWN = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class NoSuchName(OSError):
    """The name does not exist."""


class NotOutside(ValueError):
    """We do not go there; `reason` says why not."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Resolve(Protocol):
    def __call__(self, host: str, /) -> list[str]: ...


class IsPublic(Protocol):
    def __call__(self, address: str, /) -> bool: ...


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach this address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        mapped = ip.ipv4_mapped
        if mapped:
            return is_public(str(mapped))
        return ip in UNICAST and _is_global(ip) and not any(ip in net for net in TRANSITION)
    return _is_global(ip) and address not in METADATA


def resolve(host: str) -> list[str]:
    """Every address of the name; raises NoSuchName, or OSError when nobody could say."""
    try:
        found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in UNKNOWN:
            raise NoSuchName(errno.ENOENT, host) from error
        raise
    except UnicodeError as error:
        raise NoSuchName(errno.ENOENT, host) from error
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True)
class Web:
    """How the outside is reached. Whoever brings another resolver, rule or port answers for it."""

    resolve: Resolve = resolve
    is_public: IsPublic = is_public
    port: int = HTTPS_PORT
    context: SSLContext = field(default_factory=create_default_context)

    def addresses(self, url: SplitResult) -> list[str]:
        """Where this address leads, as IP addresses that are outside, IPv4 first; raises NotOutside and OSError.

        Many a server has an IPv6 address and no way out by it.
        """
        addresses = self.resolve(_host(url))
        if not addresses:
            raise NoSuchName(errno.ENOENT, url.hostname)
        if not all(self.is_public(address) for address in addresses):
            raise NotOutside("private")
        return sorted(addresses, key=lambda address: ":" in address)


def parts(url: str) -> SplitResult:
    """The parts of a plain https address; raises NotOutside for any other."""
    if not url.isprintable() or any(character in url for character in ' \\<>"'):
        raise NotOutside("malformed")
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError as error:
        raise NotOutside("malformed") from error
    if found.scheme != "https":
        raise NotOutside("insecure")
    if not found.hostname or "@" in found.netloc:
        raise NotOutside("malformed")
    if port not in {None, HTTPS_PORT}:
        raise NotOutside("port")
    return found


def name(url: SplitResult) -> str:
    """The host as certificates and the Host header write it."""
    return _host(url)


def _host(url: SplitResult) -> str:
    host = url.hostname or ""
    if ":" in host:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise NotOutside("malformed") from error


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
