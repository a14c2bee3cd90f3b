"""From the first byte of a connection to the moment when it can take mail.

A conversation written as a generator: it yields what to do next and is resumed with the reply.
It knows no socket, so that every road through it can be walked in a test.
"""

import base64
from collections.abc import Generator
from typing import NamedTuple

from newsletter.deliveries.transport.answers import Phase
from newsletter.deliveries.transport.envelope import Abilities
from newsletter.deliveries.transport.options import SmtpOptions
from newsletter.deliveries.transport.replies import Reply

GREETED = 220
READY_FOR_TLS = 220
HELLO = 250
CHALLENGE = 334
SIGNED_IN = 235


class Move(NamedTuple):
    """Write these bytes and wait for a reply, or (None) change to TLS."""

    phase: Phase
    write: bytes | None


class NotOpened(Exception):
    """The relay said no, or cannot what the options ask for."""

    def __init__(self, phase: Phase, text: str, reply: Reply | None = None) -> None:
        super().__init__(text)
        self.phase = phase
        self.reply = reply


type Steps[Result] = Generator[Move, Reply, Result]


def introduce(options: SmtpOptions) -> Steps[Abilities]:
    """Greet, secure and sign in; return what the relay can do."""
    if options.use_ssl:
        yield Move(Phase.TLS, None)
    _demand(Phase.GREETING, GREETED, (yield Move(Phase.GREETING, b"")))
    abilities = yield from _hello(options)
    if options.use_tls:
        abilities = yield from _secure(options, abilities)
    if options.username:
        yield from _sign_in(options, abilities)
    return abilities


def _hello(options: SmtpOptions) -> Steps[Abilities]:
    name = options.local_hostname or "localhost"
    reply = yield Move(Phase.GREETING, f"EHLO {name}\r\n".encode("ascii", "replace"))
    _demand(Phase.GREETING, HELLO, reply)
    return Abilities.announced(reply.lines)


def _secure(options: SmtpOptions, abilities: Abilities) -> Steps[Abilities]:
    if not abilities.starttls:
        raise NotOpened(Phase.TLS, "the relay does not offer STARTTLS")
    _demand(Phase.TLS, READY_FOR_TLS, (yield Move(Phase.TLS, b"STARTTLS\r\n")))
    yield Move(Phase.TLS, None)
    return (yield from _hello(options))


def _sign_in(options: SmtpOptions, abilities: Abilities) -> Steps[None]:
    name, password = options.username.encode(), options.password.encode()
    if "PLAIN" in abilities.auth:
        secret = base64.b64encode(b"\0" + name + b"\0" + password)
        reply = yield Move(Phase.AUTH, b"AUTH PLAIN " + secret + b"\r\n")
    elif "LOGIN" in abilities.auth:
        _demand(Phase.AUTH, CHALLENGE, (yield Move(Phase.AUTH, b"AUTH LOGIN\r\n")))
        _demand(Phase.AUTH, CHALLENGE, (yield Move(Phase.AUTH, base64.b64encode(name) + b"\r\n")))
        reply = yield Move(Phase.AUTH, base64.b64encode(password) + b"\r\n")
    else:
        raise NotOpened(Phase.AUTH, "the relay offers neither AUTH PLAIN nor AUTH LOGIN")
    _demand(Phase.AUTH, SIGNED_IN, reply)


def _demand(phase: Phase, code: int, reply: Reply) -> None:
    if reply.code != code:
        raise NotOpened(phase, reply.text, reply)
