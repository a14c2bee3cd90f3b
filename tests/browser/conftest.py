"""Windows of the studio in which somebody is signed in already, on as many computers as a test asks for."""

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests.browser import studio

NETWORK = re.compile("Failed to load resource|net::ERR")
COLLEAGUE = "sam@harbour.example"
SAME_PASSWORD = """
    UPDATE accounts_user SET password = (SELECT password FROM accounts_user WHERE email = %s) WHERE email = %s
"""
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 1}

Window = Callable[..., Page]


@pytest.fixture(scope="session")
def session(browser: Browser, demo: dict[str, str]) -> StorageState:
    """Somebody who signed in before."""
    return _signed_in(browser, demo)


@pytest.fixture(scope="session")
def other_session(browser: Browser, demo: dict[str, str]) -> StorageState:
    """Sam from the front desk, who signed in before."""
    with psycopg.connect(demo["database_url"]) as connection:
        connection.execute(SAME_PASSWORD, [demo["staff_email"], COLLEAGUE])
    return _signed_in(browser, {**demo, "staff_email": COLLEAGUE})


def _signed_in(browser: Browser, demo: dict[str, str]) -> StorageState:
    page = browser.new_page()
    studio.sign_in(page, demo)
    state = page.context.storage_state()
    page.context.close()
    return state


@pytest.fixture
def computer(browser: Browser) -> Iterator[Window]:
    """A window on another computer each time it is called; what a browser complains about fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def window(session: StorageState, **of: object) -> Page:
        how = {"locale": "en-CA", "reduced_motion": "reduce", **DESK, **of}
        context = browser.new_context(storage_state=session, **how)
        context.on("weberror", lambda said: complaints.append(str(said.error)))
        context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        opened.append(context)
        return context.new_page()

    yield window
    for context in opened:
        context.close()
    assert [words for words in complaints if not NETWORK.search(words)] == []


@pytest.fixture
def page(computer: Window, session: StorageState) -> Page:
    return computer(session)


@pytest.fixture
def colleague(computer: Window, other_session: StorageState) -> Page:
    """Sam's computer."""
    return computer(other_session)


@pytest.fixture
def phone(computer: Window, session: StorageState) -> Page:
    """A telephone, held upright."""
    return computer(session, **PHONE)
