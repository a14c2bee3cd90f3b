"""What journeys do with campaigns: read the database beside the page, hold a sender still, let a minute pass."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from playwright.sync_api import Locator, Page, expect

from tests.browser import composing
from tests.browser.studio import PATIENCE

SUBJECT = "A quiet hour on Thursdays"
TEXT = "On Thursdays the last hour is a quiet one, by candlelight."


def asked(demo: dict[str, str], statement: str, *values: object) -> list[tuple]:
    with psycopg.connect(demo["database_url"]) as connection:
        return connection.execute(statement, values).fetchall()


def done(demo: dict[str, str], statement: str, *values: object) -> None:
    with psycopg.connect(demo["database_url"]) as connection:
        connection.execute(statement, values)


def main(page: Page) -> Locator:
    return page.get_by_role("main")


def pk(page: Page) -> int:
    """The campaign whose page this is."""
    return int(page.url.rstrip("/").rpartition("/campaigns/")[2].partition("/")[0])


def write(page: Page, subject: str = SUBJECT) -> None:
    """A plain letter in words of one's own."""
    page.get_by_label("Subject").fill(subject)
    composing.prose(page, 1).fill(TEXT)
    composing.is_saved(page)


def send_a_test(page: Page) -> None:
    """From the last look; the page waits with us until it has left."""
    page.get_by_role("button", name="Send me a test").click()
    expect(page.locator("#checks")).to_contain_text("The test has left", timeout=PATIENCE)


def let_the_minute_pass(demo: dict[str, str], campaign: int) -> None:
    """As if it was a minute later: the tick looks once a second."""
    done(demo, "UPDATE newsletter_campaign SET start_at = now(), undo_until = now() WHERE id = %s", campaign)


def figure(page: Page, name: str) -> int:
    cell = page.locator("#figures").get_by_role("row", name=name).first.get_by_role("cell")
    return int(cell.inner_text().replace(",", ""))


@contextmanager
def frozen_sender(demo: dict[str, str], lane: str = "marketing") -> Iterator[None]:
    """This lane's worker stands still, as if the mail server took forever."""
    worker = _worker(demo, lane)
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


def inbox(demo: dict[str, str]) -> Path:
    """Where the demo's sink keeps what it caught."""
    return Path(_worker(demo).environ()["VAR_DIR"]) / "inbox"


def _worker(demo: dict[str, str], lane: str = "marketing") -> psutil.Process:
    [found] = [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"{lane}@demo" in (process.info["cmdline"] or []) and _is_of(demo, process)
    ]
    return found


def _is_of(demo: dict[str, str], process: psutil.Process) -> bool:
    try:
        return process.environ().get("DATABASE_URL") == demo["database_url"]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
