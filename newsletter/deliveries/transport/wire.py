"""A non-blocking socket, plain or with TLS, and what is still to be written to it.

It decides nothing: it raises what the socket raises, and tells the selector what it waits for.
"""

import os
import selectors
import socket
import ssl
from errno import EINPROGRESS
from typing import Any

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
RECEIVED_AT_ONCE = 65536
RECORD = 16384
"""Bytes that TLS puts into one record; whoever gets only a part of one can read nothing of it (RFC 8446, 5.1)."""
NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
NOTHING = memoryview(b"")
SIGNS_OF_LIFE = {
    "TCP_KEEPIDLE": 30,
    "TCP_KEEPALIVE": 30,  # the same on other systems
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 60_000,  # milliseconds
}
"""A relay's machine that says nothing at all for a minute is gone. While a relay is only slow, its machine answers."""

type AddressInfo = tuple[Any, ...]  # a row of socket.getaddrinfo


class Wire:
    _socket: socket.socket

    def __init__(self, selector: selectors.BaseSelector, owner: object) -> None:
        self._selector = selector
        self._owner = owner
        self._is_open = False
        self._watched = 0
        self._waiting = NOTHING
        self.taken = 0  # bytes that the socket took, ever; right even when a write fails halfway

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def perhaps_taken(self) -> int:
        """Bytes beyond those: TLS tells of no part of a write that it broke off; all records but one may be gone."""
        if not isinstance(self._socket, ssl.SSLSocket) or not self._waiting:
            return 0
        return (len(self._waiting) - 1) // RECORD * RECORD

    def connect(self, address: AddressInfo) -> None:
        family, kind, protocol, _, target = address
        self._socket = socket.socket(family, kind, protocol)
        self._is_open = True
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ask_for_signs_of_life()
        self._watch(WRITE)
        problem = self._socket.connect_ex(target)
        if problem not in {0, EINPROGRESS}:
            raise OSError(problem, os.strerror(problem))

    def finish_connecting(self) -> None:
        problem = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, os.strerror(problem))
        self._watch(READ)

    def wrap(self, context: ssl.SSLContext, hostname: str) -> None:
        """Put TLS around the socket; the handshake comes next."""
        self._watch(0)
        self._socket = context.wrap_socket(self._socket, server_hostname=hostname, do_handshake_on_connect=False)

    def shake_hands(self) -> bool:
        """Carry the handshake on; True when it is done."""
        try:
            self._socket.do_handshake()  # type: ignore[attr-defined]
        except ssl.SSLWantWriteError:
            self._watch(WRITE)
            return False
        except ssl.SSLWantReadError:
            self._watch(READ)
            return False
        self._watch(READ)
        return True

    def read(self) -> bytes | None:
        """Return what came, or None if nothing did yet; raise EOFError at the end."""
        try:
            data = self._socket.recv(RECEIVED_AT_ONCE)
        except NOT_NOW:
            return None
        if not data:
            raise EOFError("the relay closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """Queue bytes, and write what the socket takes now."""
        if data:
            self._waiting = memoryview(b"".join((self._waiting, data)) if self._waiting else data)
        try:
            while self._waiting:
                count = self._socket.send(self._waiting)
                self.taken += count
                self._waiting = self._waiting[count:]
        except NOT_NOW:
            self._watch(READ | WRITE)
        else:
            self._watch(READ)

    def close(self) -> None:
        if self._is_open:
            self._watch(0)
            self._waiting = NOTHING
            self._socket.close()
            self._is_open = False

    def _ask_for_signs_of_life(self) -> None:
        """Have the system ask, where it can; reading then fails with a TimeoutError of its own."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in SIGNS_OF_LIFE.items():
            if hasattr(socket, name):
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def _watch(self, mask: int) -> None:
        if mask == self._watched:
            return
        if not self._watched:
            self._selector.register(self._socket, mask, self._owner)
        elif mask:
            self._selector.modify(self._socket, mask, self._owner)
        else:
            self._selector.unregister(self._socket)
        self._watched = mask
