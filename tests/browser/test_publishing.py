"""Mails that go out by themselves, changed in a real browser: signed by whoever stands behind them, and whole."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import composing, studio

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def opens(page: Page, demo: dict[str, str], mail: str) -> None:
    """From the page of all mails, as somebody would who knows no address."""
    page.goto(f"{demo['studio']}mails")
    page.get_by_role("link", name=mail, exact=True).click()
    composing.ready(page)


def use(page: Page) -> None:
    page.get_by_role("button", name="Use from now on").click()


def test_a_mail_of_the_course_goes_out_in_other_words_once_somebody_signs_them(
    chromium_page: Page, demo: dict[str, str]
) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    page.goto(f"{demo['studio']}mails")
    last = page.locator("section", has=page.get_by_role("heading", name="The course")).get_by_role("row").last
    name = last.get_by_role("link").first.inner_text()
    opens(page, demo, name)
    number = composing.kinds(page).index("Text") + 1
    composing.write(page, number, " Write to us whenever you like.")
    composing.is_saved(page)
    use(page)
    signing = page.get_by_role("dialog", name="Who stands behind these words?")
    signing.get_by_role("button", name="Go back").click()
    expect(page.locator("#published")).to_have_class("published error")
    page.goto(f"{demo['studio']}mails")
    expect(page.get_by_role("row", name=name)).to_contain_text("changed, not in use")

    opens(page, demo, name)
    use(page)
    signing.get_by_label(re.compile("practitioner.s name")).fill("Dr. Ada Quay")
    signing.get_by_role("button", name="Sign and use from now on").click()
    expect(page.locator("#published")).to_have_text("From now on this is what people get.")

    page.get_by_role("link", name="Earlier versions").click()
    expect(page.locator(".lede")).to_contain_text("What is saved is what goes out. Signed by Dr. Ada Quay")
    page.goto(f"{demo['studio']}setup/content")
    expect(page.locator(".letters > li").last).to_contain_text("signed by Dr. Ada Quay")


def test_a_confirmation_without_its_button_goes_out_to_nobody(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    opens(page, demo, "Please confirm your address")
    before = composing.kinds(page)

    composing.act(page, "Delete", before.index("Button") + 1).click()
    use(page)
    expect(page.locator("#published")).to_contain_text("Nobody can confirm their address with it")

    page.get_by_role("button", name="Undo", exact=True).click()
    assert composing.kinds(page) == before
    use(page)
    expect(page.locator("#published")).to_have_text("From now on this is what people get.")


def test_a_test_of_a_mail_that_goes_out_by_itself_arrives_and_the_page_says_so(
    chromium_page: Page, demo: dict[str, str]
) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    opens(page, demo, "Call booked")
    expect(page.locator("#tested")).to_contain_text("Nobody has had a test mail of these words.")

    page.get_by_role("button", name="Send me a test").click()
    expect(page.locator("#save-notice")).to_contain_text("A test leaves within seconds")
    expect(page.locator("#tested")).to_contain_text("A test mail of these words left: ")

    page.goto(f"{demo['studio']}mails")
    expect(page.get_by_role("row", name="Call booked")).to_contain_text("tested")
    page.goto(f"{demo['studio']}inbox")
    expect(page.get_by_role("link", name="Your call is booked").first).to_be_visible()
