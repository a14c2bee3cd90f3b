"""What every test may ask for. Importing this starts the servers: conftests further down import models."""

import gc
import os
import shutil
from collections.abc import Iterator
from typing import Any

import django
import hypothesis
import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests import chromium, emptying, folders, hermetic
from tests.running_demo import RunningDemo

LOTS = {"browser", "chaos", "interop", "slow"}
"""Marks whose tests `make test` runs apart, from the files in which the mark stands."""

PATIENCE = 30_000
"""Milliseconds for what a page is to show: a machine three times as slow shows it, too."""

SERVERS = hermetic.start()
django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
emptying.install()
# A slow machine is no finding: an example takes as long as it takes.
hypothesis.settings.register_profile(
    "patient",
    parent=hypothesis.settings.default,
    deadline=None,
    suppress_health_check=[*hypothesis.settings.default.suppress_health_check, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def database_url() -> str:
    """The server and its everyday database; tests themselves run in a database of their own beside it."""
    return SERVERS.database_url


@pytest.fixture(scope="session")
def redis_url() -> str:
    return SERVERS.redis_url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the machine's own Chromium; without one skip, or fail in CI."""
    found = chromium.path()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)
    expect.set_options(timeout=PATIENCE)
    # The browser's driver keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {**browser_type_launch_args, "executable_path": found, "args": list(chromium.FLAGS)}


@pytest.fixture
def chromium_page(browser: Browser) -> Iterator[Page]:
    """A fresh window. What the browser complains about (scripts, blocked content) fails the test at its end."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-CA")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    page.context.close()
    assert [words for words in complaints if "Failed to load resource" not in words] == []


@pytest.fixture(scope="session")
def demo() -> Iterator[dict[str, str]]:
    """The whole demo with processes of its own; what var/demo.json says about it."""
    directory = folders.fresh()
    running = RunningDemo(directory)
    try:
        running.wait_until_ready()
        yield running.facts
    finally:
        if running.process.poll() is None:
            running.stop()
        shutil.rmtree(directory)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let browsers come last: they are slow, and their driver's event loop stays for the rest of the run."""
    for path, mark in {(item.path, mark.name) for item in items for mark in item.iter_markers() if mark.name in LOTS}:
        if f"mark.{mark}" not in path.read_text():
            raise pytest.UsageError(f"{path} has tests of the lot {mark!r}, which looks for mark.{mark} in files.")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Modules and thousands of tests stay to the end: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if any(chromium.MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.section("NO BROWSER", red=True, bold=True)
        terminalreporter.write_line(chromium.MISSING, red=True)
