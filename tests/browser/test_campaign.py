"""A campaign, in a real browser on real processes: written, stopped by what blocks, tested, sent, paused, finished."""

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import psutil
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import studio
from tests.browser.studio import PATIENCE
from tests.config.deadlines import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SUBJECT = "A quiet hour on Thursdays"
TEST_SUBJECT = re.compile(SUBJECT)
CLINIC = ZoneInfo("America/Toronto")
A_MINUTE_AND_A_HALF = 90_000


def asked(demo: dict[str, str], statement: str, *values: object) -> list[tuple]:
    with psycopg.connect(demo["database_url"]) as connection:
        return connection.execute(statement, values).fetchall()


def main(page: Page) -> Locator:
    return page.get_by_role("main")


def begin(page: Page) -> None:
    main(page).get_by_role("link", name="Write a campaign").click()
    page.get_by_label("Name").fill("Quiet hour")
    page.get_by_label("A plain letter").check()
    page.get_by_role("button", name="Begin to write").click()
    expect(page.get_by_role("heading", name="Write", level=1)).to_be_visible()


def is_stopped_by_what_blocks(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Review and send").click()
    expect(main(page)).to_contain_text("It cannot go yet")
    expect(main(page)).to_contain_text("Subject: Write a subject.")
    expect(main(page)).to_contain_text("Block 1 (text): Replace the words in square brackets with your own.")
    expect(page.get_by_role("button", name=re.compile("Send to"))).to_have_count(0)
    page.get_by_role("link", name="Go on writing").click()


def mend(page: Page) -> None:
    """Write it, put a heading above the first text without losing a word, and look at it."""
    page.get_by_label("Subject").fill(SUBJECT)
    page.get_by_label("Preheader").fill("From six to seven, by candlelight.")
    page.locator("#b0-text").fill("Hello {{ first_name|there }},\n\nOn Thursdays the last hour is a quiet one.")
    page.get_by_role("button", name="Heading").click()
    expect(page.locator("#b3-text")).to_be_focused()
    page.keyboard.type("A quiet hour")
    for place in (3, 2, 1):
        page.get_by_role("button", name=f"Up {place + 1}").click()
        expect(page.locator(f"#b{place - 1}-text, #b{place - 1}-label").first).to_have_value("A quiet hour")
    page.get_by_role("button", name="Save and look").click()
    letter = page.frame_locator("iframe.mail-frame")
    expect(letter.get_by_role("heading", name="A quiet hour")).to_be_visible()
    expect(letter.get_by_text("On Thursdays the last hour is a quiet one.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()


def send_a_test(page: Page, demo: dict[str, str]) -> None:
    where = page.url
    page.get_by_role("button", name="Send a test to").click()
    expect(page.get_by_role("status").first).to_contain_text("A test leaves within seconds")
    studio.open_mail(page, demo, to=demo["staff_email"], subject=TEST_SUBJECT)
    expect(page.frame_locator("iframe.mail-frame").get_by_role("heading", name="A quiet hour")).to_be_visible()
    page.goto(where)


def review(page: Page) -> int:
    """The last look: for how many it is."""
    page.get_by_role("link", name="Review and send").click()
    button = page.get_by_role("button", name=re.compile(r"Send to \d+ people"))
    found = re.search(r"\d+", button.inner_text())
    assert found
    expect(main(page)).to_contain_text(f"This mails {found[0]} people who agreed.")
    return int(found[0])


def send_and_take_back(page: Page) -> int:
    people = review(page)
    page.get_by_role("button", name=re.compile("Send to")).click()
    expect(main(page)).to_contain_text(f"It goes to {people} people in")
    page.get_by_role("button", name="Take it back").click()
    expect(main(page)).to_contain_text("It is a draft again, and nobody has got it.")
    return people


def send_at_the_next_minute(page: Page) -> datetime:
    """At a time of one's own, as near as the page allows."""
    review(page)
    at = datetime.now(CLINIC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    if at - datetime.now(CLINIC) < timedelta(seconds=5):
        at += timedelta(minutes=1)
    page.get_by_label("At a time of your own").check()
    page.get_by_label("Date and time").fill(f"{at:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name=re.compile("Send to")).click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    return at


@contextmanager
def frozen_sender(demo: dict[str, str]) -> Iterator[None]:
    """The marketing lane's worker stands still, as if the mail server took forever."""
    (worker,) = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "marketing@demo" in (process.info["cmdline"] or []) and is_of(demo, process)
    ]
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


def is_of(demo: dict[str, str], process: psutil.Process) -> bool:
    try:
        return process.environ().get("DATABASE_URL") == demo["database_url"]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def sender_has_looked_since(demo: dict[str, str], moment: datetime) -> bool:
    [(at,)] = asked(demo, "SELECT at FROM newsletter_heartbeat WHERE name = 'sender:marketing'")
    return at > moment


def figure(page: Page, name: str) -> int:
    return int(page.get_by_role("row", name=re.compile(f"^{name}")).get_by_role("cell").inner_text())


def pause_before_anything_leaves(page: Page, demo: dict[str, str], at: datetime, people: int) -> None:
    """The page notices by itself that it begins; what is paused stays, though the sender is at work again."""
    wait_until(lambda: datetime.now(CLINIC) > at - timedelta(seconds=2), within=120)
    with frozen_sender(demo):
        page.get_by_role("button", name="Pause", exact=True).click(timeout=A_MINUTE_AND_A_HALF)
        expect(main(page)).to_contain_text("It is paused: what has not left waits here.")
    thawed_at = datetime.now(CLINIC)
    wait_until(lambda: sender_has_looked_since(demo, thawed_at), within=90)
    page.reload()
    assert (figure(page, "Planned"), figure(page, "Waiting")) == (people, people)


def is_asked_before_cancelling(page: Page, people: int) -> None:
    page.get_by_role("link", name="Cancel this campaign").click()
    expect(main(page)).to_contain_text(f"{people} mails have not left and never will.")
    page.get_by_role("link", name="Go back").click()


def resume_and_watch_it_finish(page: Page, people: int) -> None:
    """Without loading the page again."""
    page.get_by_role("button", name="Resume").click()
    expect(main(page)).to_contain_text("Everything that could leave has left", timeout=PATIENCE)
    expect(page.locator("#figures")).not_to_have_attribute("hx-get", re.compile("."))
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.get_by_role("progressbar", name="Mails that have come to an end")).to_have_attribute(
        "value", str(people)
    )
    assert (figure(page, "Planned"), figure(page, "Submitted")) == (people, people)


def test_a_campaign_is_written_tested_taken_back_paused_and_finished(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    page.goto(f"{demo['studio']}campaigns")
    begin(page)
    is_stopped_by_what_blocks(page)
    mend(page)
    send_a_test(page, demo)
    people = send_and_take_back(page)
    at = send_at_the_next_minute(page)
    pause_before_anything_leaves(page, demo, at, people)
    is_asked_before_cancelling(page, people)
    resume_and_watch_it_finish(page, people)

    page.goto(f"{demo['inbox']}?subject={SUBJECT}")
    got = Counter(page.locator("#mails td[data-label=To]").all_inner_texts())
    wanted = asked(
        demo,
        "SELECT l.email FROM newsletter_campaign c JOIN newsletter_delivery d ON d.owner = c.id AND d.kind = 1"
        " JOIN leads_lead l ON l.id = d.lead_id WHERE c.name = 'Quiet hour'",
    )
    test_mail = {demo["staff_email"]: 1}
    assert got == Counter({email: 1 for (email,) in wanted}) + Counter(test_mail)
    assert len(wanted) == people
