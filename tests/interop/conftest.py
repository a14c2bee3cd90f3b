"""Real servers for the tests of this folder, started once each.

Without their packages the tests are skipped, and the run's last lines say so; `make interop` fetches them and
mails more: INTEROP_MAILS is how many a test hands over.
"""

import os
import shutil

import pytest

from tests import folders
from tests.interop import authority as authorities
from tests.interop import packages
from tests.interop.exim import Exim, SevenBitExim
from tests.interop.postfix import Postfix

MAILS = int(os.environ.get("INTEROP_MAILS", "20"))
FIGURES: list[str] = []
KINDS = {"postfix": Postfix, "exim": Exim, "seven_bit_exim": SevenBitExim}


@pytest.fixture(scope="session")
def authority():
    """Certificates where the servers can read them under another account."""
    problem = packages.problem()
    if not problem and shutil.which("openssl") is None:
        problem = "Tests over TLS need the program openssl (Debian: apt-get install openssl)."
    if problem:
        pytest.fail(problem) if os.environ.get("CI") else pytest.skip(problem)
    folder = folders.fresh()
    yield authorities.make(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["postfix", "exim"])
def server(request, authority):
    made = KINDS[request.param](authority)
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def relay(server):
    """A server with empty mailboxes."""
    server.forget()
    return server


@pytest.fixture
def figure(relay):
    """Say a figure at the end of the run; nothing is asserted about it."""
    return lambda words: FIGURES.append(f"{relay.name:8} {words}")


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    if any(packages.MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.section("NO MAIL SERVERS", red=True, bold=True)
        terminalreporter.write_line(packages.MISSING, red=True)
    if FIGURES:
        terminalreporter.section("mails against real servers")
        for words in FIGURES:
            terminalreporter.write_line(words)
