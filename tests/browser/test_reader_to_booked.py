"""The whole loop, in a real browser on real processes: from the article to the booked call and its credit."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.studio import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

READER = "robin@reader.example"


def subscribe(page: Page, demo: dict[str, str]) -> None:
    page.goto(demo["web"] + "sciatica")
    form = page.locator("form", has=page.get_by_role("button", name="Yes, send me the emails"))
    form.get_by_label("Email").fill(READER)
    form.get_by_label("First name").fill("Robin")
    studio.read_for_a_moment(page)
    form.get_by_role("button", name="Yes, send me the emails").click()
    expect(page.get_by_role("heading", name="Now look into your inbox")).to_be_visible()


def confirm(page: Page, demo: dict[str, str]) -> None:
    studio.open_mail(page, demo, to=READER, subject=re.compile("confirm", re.IGNORECASE))
    opened = studio.follow(page, re.compile("confirm|yes", re.IGNORECASE))
    expect(opened.get_by_role("heading", name="One last step")).to_be_visible()
    opened.get_by_role("button", name="Yes, send me the emails").click()
    expect(opened.get_by_role("heading", level=1)).not_to_have_text("One last step")
    opened.close()


def book_from_the_second_mail(page: Page, demo: dict[str, str]) -> None:
    studio.open_mail(page, demo, to=READER, subject="One map, and one thing you can do today")
    opened = studio.follow(page, re.compile("free 15-minute call|free call", re.IGNORECASE))
    expect(opened.get_by_role("heading", level=1)).to_contain_text("when shall we call", ignore_case=True)
    studio.read_for_a_moment(opened)
    opened.locator("details[open] input[name=starts_at]").last.check(force=True)
    opened.get_by_label("Phone number").fill("416 555 0177")
    expect(opened.get_by_label("Email address")).to_have_value(READER)
    opened.get_by_role("button", name="Book this call").click()
    expect(opened.get_by_role("heading", level=1)).to_contain_text(re.compile("booked", re.IGNORECASE))
    opened.close()


def test_a_reader_subscribes_confirms_gets_the_course_and_books(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    subscribe(page, demo)
    studio.sign_in(page, demo)
    confirm(page, demo)
    studio.open_mail(page, demo, to=READER, subject="What you asked for, and what comes next")
    book_from_the_second_mail(page, demo)

    studio.open_mail(page, demo, to=READER, subject=re.compile("call", re.IGNORECASE))
    expect(page.get_by_text(".ics")).to_be_visible()
    page.goto(f"{demo['studio']}leads?q={READER}")
    page.get_by_role("link", name="Robin").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Credited to “One map, and one thing you can do today”", timeout=PATIENCE)
    expect(main).to_contain_text("Ended: Booked")
    page.goto(f"{demo['studio']}")
    expect(page.get_by_role("row", name=re.compile("Robin"))).to_contain_text("One map, and one thing you can do today")
