import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsletter.deliveries.settling.calls import Book
from newsletter.deliveries.transport import memory


@dataclass
class Certificate:
    """A certificate for localhost that signed itself, so that its file is also the authority's."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        message = "Tests over TLS need the program openssl (Debian: apt-get install openssl)."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = tmp_path_factory.mktemp("tls")
    key, file = folder / "key.pem", folder / "certificate.pem"
    curve = ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", *curve, "-nodes", "-keyout", key, "-out", file, *subject],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return Certificate(file, context)


@pytest.fixture(autouse=True)
def _no_memory():
    """A transport alone: nobody remembers its calls."""
    memory.register(memory.NoMemory())
    yield
    memory.register(Book())
