"""Whether mail is signed here.

What signs is loaded only where there is a key: it brings six megabytes into a sender, and most relays sign by
themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from django.utils.module_loading import import_string

from newsletter.deliveries.transport.answers import FinishedMail

SIGNING = "newsletter.deliveries.transport.dkim.Signing"


class KeyUnusable(Exception):
    """What is said of a signing key cannot be used; says which and why."""


class Signer(Protocol):
    def each(self, mails: Iterable[FinishedMail]) -> Iterator[FinishedMail]:
        """The same mails, signed as they are asked for."""


def signer(said: Mapping[str, Any]) -> Signer | None:
    """Who signs with the keys of settings.DKIM; nobody where there are none. Raises KeyUnusable."""
    return import_string(SIGNING)(said) if said else None
