"""What journeys do in the studio and in the demo's inbox, in their words."""

import re

from playwright.sync_api import Page, expect

from tests.config.deadlines import wait_until

PATIENCE = 60_000


def sign_in(page: Page, demo: dict[str, str]) -> None:
    page.goto(demo["studio"])
    page.get_by_label("Email").fill(demo["staff_email"])
    page.get_by_label("Password").fill(demo["staff_password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def open_mail(page: Page, demo: dict[str, str], *, to: str, subject: str | re.Pattern[str]) -> None:
    """Wait for this mail in the demo's inbox and open it; the list asks for itself again."""
    page.goto(f"{demo['inbox']}?to={to}")
    page.locator("#mails").get_by_role("link", name=subject).first.click(timeout=PATIENCE)


def read_for_a_moment(page: Page) -> None:
    """Forms refuse what comes back faster than a person reads."""
    wait_until(lambda: page.evaluate("performance.now()") > 2500)


def follow(page: Page, link: str | re.Pattern[str]) -> Page:
    """Click a link inside the opened mail; returns the window it opened, which is on that page by then."""
    frame = page.frame_locator("iframe.mail-frame")
    with page.expect_popup() as opened:
        frame.get_by_role("link", name=link).first.click(timeout=PATIENCE)
    opened.value.wait_for_url(re.compile("^http"), timeout=PATIENCE)
    return opened.value
