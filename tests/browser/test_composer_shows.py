"""The mail beside its words: it follows whoever writes, goes without pictures, and never waits for nobody."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import composing

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
