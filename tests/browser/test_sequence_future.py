"""Trying a sequence by keyboard: with a click and without one, side by side; and what the coming days bring."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import axe, sequences
from tests.browser.campaigns import asked

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COURSE = "SELECT id FROM newsletter_sequence WHERE key = 'sciatica'"
COUNTS = "SELECT (SELECT count(*) FROM newsletter_enrolment), (SELECT count(*) FROM newsletter_sequenceversion)"


def mails(page: Page) -> Locator:
    return page.locator(".future > .future-mail")


def choose(page: Page, label: str, down: int) -> None:
    """So many options further, by the arrow key."""
    sequences.reach(page, page.get_by_label(re.compile(f"^{re.escape(label)}( optional)?$")))
    for _ in range(down):
        page.keyboard.press("ArrowDown")


def test_the_course_is_tried_with_a_click_and_without_one(page: Page, demo: dict[str, str]) -> None:
    [(course,)] = asked(demo, COURSE)
    page.goto(f"{demo['studio']}sequences/{course}/try")
    expect(mails(page)).to_have_count(7)
    quiet = mails(page).last.locator("time").inner_text()

    sequences.reach(page, page.locator("summary", has_text="Something they do (1)"))
    page.keyboard.press("Enter")
    choose(page, "What they do (1)", 1)
    choose(page, "After (1)", 6)
    choose(page, "How long after it (1)", 1)
    sequences.press(page, "Look")
    expect(page).to_have_url(re.compile("act_1=clicked"))
    expect(mails(page)).to_have_count(8)
    expect(page.locator(".future-deed")).to_contain_text("They click in a mail")
    expect(page.locator(".future-yes")).to_have_count(1)
    assert mails(page).last.locator("time").inner_text() != quiet

    first = mails(page).first
    sequences.reach(page, first.locator("summary"))
    page.keyboard.press("Enter")
    expect(first.locator("iframe")).to_be_visible()
    expect(first.frame_locator("iframe").locator("body")).not_to_be_empty()
    assert axe.findings(page, "trying a sequence") == []


def test_what_the_coming_days_bring_is_on_the_overview_and_changes_nothing(page: Page, demo: dict[str, str]) -> None:
    before = asked(demo, COUNTS)
    page.goto(demo["studio"])
    chart = page.get_by_role("table", name="Mails that leave, by day")
    expect(chart.get_by_role("row")).to_have_count(15)
    page.get_by_role("link", name="By sequence, with limits and free calls").click()
    expect(page.get_by_role("table", name="What leaves on which day, and how many calls are free")).to_be_visible()
    assert axe.findings(page, "what leaves next") == []
    assert asked(demo, COUNTS) == before
