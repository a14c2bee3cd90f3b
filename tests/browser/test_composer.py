"""What the composer does in a browser and nowhere else: frames beside the words, and the focus after an act."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import studio

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIRST, SECOND = "What you asked for, and what comes next", "One map, and one thing you can do today"


def opens(page: Page, demo: dict[str, str], letter: str) -> None:
    studio.sign_in(page, demo)
    page.goto(f"{demo['studio']}sequence")
    page.get_by_role("link", name=letter).click()


def test_a_look_shows_what_is_typed_and_changes_no_mail(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    opens(page, demo, FIRST)
    letter = page.frame_locator("iframe[name=look]")
    before = letter.get_by_role("heading", level=1).inner_text()

    page.locator("#b0-text").fill("Only a look")
    page.get_by_role("button", name="Look at it first").click()
    expect(letter.get_by_role("heading", level=1)).to_have_text("Only a look")
    typed = page.locator("#b0-text").input_value()
    page.reload()

    expect(letter.get_by_role("heading", level=1)).to_have_text(before)
    assert typed == "Only a look"


def test_the_focus_stays_where_the_work_is(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    opens(page, demo, SECOND)
    page.get_by_label("Subject").fill("Not lost")

    page.get_by_role("button", name="Down 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Down 2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Down 3")).to_be_focused()
    page.get_by_role("button", name="Remove 3").click()
    expect(page.locator("#block-1")).to_be_focused()

    expect(page.get_by_label("Subject")).to_have_value("Not lost")
