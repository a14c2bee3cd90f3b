"""The socket under a connection: what it says has left, plain and with TLS."""

import selectors
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsletter.deliveries.transport.wire import SIGNS_OF_LIFE, Wire

MUCH = 64_000_000
"""More than two sockets hold."""


def relays_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    began = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, began, began + timedelta(days=2))
    file = folder / "relay.pem"
    clear = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, clear)
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


def connected(door: socket.socket) -> tuple[Wire, socket.socket]:
    wire = Wire(selectors.DefaultSelector(), None)
    wire.connect((socket.AF_INET, socket.SOCK_STREAM, 0, "", door.getsockname()))
    relay, _ = door.accept()
    wire.finish_connecting()
    return wire, relay


def read_all(relay: socket.socket) -> int:
    relay.settimeout(0.5)
    count = 0
    try:
        while data := relay.recv(65536):
            count += len(data)
    except (TimeoutError, ssl.SSLError):
        pass
    return count


def test_a_plain_socket_says_exactly_what_it_took(door):
    wire, relay = connected(door)
    with relay:
        wire.write(b"x" * MUCH)

        assert (wire.has_waiting, wire.perhaps_taken) == (True, 0)
        assert read_all(relay) == wire.taken
        wire.close()


def test_a_machine_that_says_nothing_at_all_is_given_up_after_a_minute_where_the_system_can_tell(door):
    wire, relay = connected(door)
    with relay:
        asked = {
            name: wire._socket.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
            for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            if hasattr(socket, name)
        }

        assert wire._socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert asked == {name: SIGNS_OF_LIFE[name] for name in asked}
        wire.close()


def test_tls_may_have_sent_more_than_it_says_and_never_more_than_perhaps(door, tmp_path):
    wire, relay = connected(door)
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    theirs.load_cert_chain(relays_certificate(tmp_path))
    ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
    found: list[ssl.SSLSocket] = []
    shaking = threading.Thread(target=lambda: found.append(theirs.wrap_socket(relay, server_side=True)))
    shaking.start()
    wire.wrap(ours, "relay.example")
    while not wire.shake_hands():
        wire._selector.select(10)
    shaking.join()
    with found[0] as secured:
        wire.write(b"x" * MUCH)
        arrived = read_all(secured)

        assert wire.has_waiting
        assert wire.taken < arrived <= wire.taken + wire.perhaps_taken
        wire.close()
