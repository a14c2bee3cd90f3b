"""The mail beside its words: it follows whoever writes, goes without pictures, and never waits for nobody."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import carrying, composing

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_is_written_comes_into_sight_and_pictures_can_be_left_out(page: Page, demo: dict[str, str]) -> None:
    composing.begin(page, demo, "In sight", "newsletter")
    top = composing.letter(page).get_by_role("heading").first
    expect(top).to_be_in_viewport()
    composing.add(page, "Picture")
    last = len(composing.kinds(page))
    composing.block(page, last).get_by_role("button", name="Choose a picture").click()
    page.get_by_role("dialog").get_by_role("button", name="The path of the nerve").click()
    composing.block(page, last).get_by_label("What it shows").fill("The nerve, as a line")
    image = composing.letter(page).get_by_role("img", name="The nerve, as a line")
    expect(image).to_have_attribute("src", re.compile("nerve-map"))
    expect(image).to_be_in_viewport()

    page.get_by_label("No pictures").check(force=True)
    expect(image).not_to_have_attribute("src", re.compile("."))
    expect(image).to_be_in_viewport()
    composing.write(page, 2, " Back at the beginning.")
    expect(composing.letter(page).get_by_text("Back at the beginning.")).to_be_in_viewport()


def test_on_a_phone_what_was_written_is_in_sight_when_the_mail_is_looked_at(phone: Page, demo: dict[str, str]) -> None:
    composing.begin(phone, demo, "In the hand", "newsletter")
    composing.block(phone, 9).get_by_label("What the button says").fill("Talk to us for a moment")
    composing.save(phone)
    phone.get_by_role("button", name="Preview").click()

    expect(composing.letter(phone).get_by_role("link", name="Talk to us for a moment")).to_be_in_viewport()


def test_a_reader_who_is_not_there_any_more_is_said_and_the_mail_is_shown_all_the_same(
    page: Page, demo: dict[str, str]
) -> None:
    composing.begin(page, demo, "Gone")

    def erased(route: Route) -> None:
        is_somebodys = json.loads(route.request.post_data or "{}").get("lead") is not None
        gone = {"status": 404, "json": {"why": "It is not there any more."}}
        route.fulfill(**gone) if is_somebodys else route.continue_()

    page.route(re.compile("/preview$"), erased)
    reader = page.get_by_label("As this reader gets it")
    reader.fill("a")
    page.locator("#readers [role=option]").first.click()

    expect(page.locator("#save-notice")).to_contain_text("That reader is not there any more.")
    expect(reader).to_have_value("")
    composing.write(page, 1, " Still shown.")
    expect(composing.letter(page).get_by_text("Still shown.")).to_be_visible()
    expect(page.locator("#preview-note")).to_be_hidden()


def test_a_line_is_shown_as_a_phone_cuts_it_and_an_emoji_stays_whole(page: Page, demo: dict[str, str]) -> None:
    """Letters are counted as people count them, and a name as it is usually read."""
    composing.begin(page, demo, "Cut")
    subject, inbox = page.get_by_label("Subject"), page.locator("[data-inbox=subject]")
    subject.fill("x" * 38 + "👩‍⚕️!")
    expect(page.locator("#subject-length")).to_have_text("40 letters; a phone shows 40")
    expect(inbox).to_have_text("x" * 38 + "👩‍⚕️!")

    subject.fill("x" * 38 + "👩‍⚕️ and more")
    expect(page.locator("#subject-length")).to_have_text("48 letters; a phone cuts after 40")
    expect(inbox).to_have_text("x" * 38 + "👩‍⚕️…")
    subject.fill("Hello {{ first_name|there }}")
    expect(page.locator("#subject-length")).to_have_text("11 letters; a phone shows 40")
    expect(inbox).to_have_text("Hello Alex")
    expect(page.locator(".inbox-sender")).to_have_text("Dana Reyes at Harbour Acupuncture")


def test_five_megabytes_pasted_are_said_to_be_too_much_and_undone_by_one_key(page: Page, demo: dict[str, str]) -> None:
    composing.begin(page, demo, "Far too much")
    before = composing.says(page)
    composing.prose(page, 1).click()
    assert carrying.carry(composing.prose(page, 1), "paste", words="far too much " * 400_000)

    expect(page.locator("#save-notice")).to_contain_text("too large for an email", timeout=30_000)
    expect(page.locator("#preview-note")).to_contain_text("too large for an email", timeout=30_000)
    page.keyboard.press("Control+z")
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved")
    expect(page.locator("#save-notice")).to_contain_text("Everything is saved again.")
    assert composing.says(page) == before
    expect(page.locator("#preview-note")).to_be_hidden()
