"""What is typed in the editor of a sequence and cannot be saved at once: it is told, kept, tried again, asked about."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser import axe, sequences

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOO_MANY = re.compile("^Not saved: something in the form does not fit yet. Days: .*365")
SAVED = re.compile(r"^Saved \d\d:\d\d")


def begin(page: Page, demo: dict[str, str], name: str, kind: str) -> list[str]:
    """A plan of one step whose form is open; every question that the browser asks is answered with no, and noted."""
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.goto(f"{demo['studio']}sequences/new")
    sequences.reach(page, page.get_by_label("Name", exact=True))
    page.keyboard.type(name)
    sequences.press(page, re.compile("^An empty plan"))
    sequences.ready(page)
    sequences.add(page, kind)
    page.on("dialog", stay)
    return asked


def test_what_does_not_fit_is_told_beside_its_field_and_nobody_leaves_it_unasked(
    page: Page, demo: dict[str, str]
) -> None:
    asked = begin(page, demo, "Too many days", "Wait")
    days, away = sequences.field(page, "Days"), page.get_by_role("link", name="Too many days")

    sequences.write(page, "Days", "400")

    expect(sequences.heard(page)).to_have_text(TOO_MANY)
    expect(days).to_be_focused()
    expect(days).to_have_attribute("aria-invalid", "true")
    expect(days).to_have_accessible_description(re.compile("365"))
    assert axe.findings(page, "the editor") == []
    sequences.press(page, "Undo")
    expect(days).to_be_focused()
    sequences.press(page, "Done")
    expect(page.locator(".step-form .form-errors")).to_be_visible()
    away.click()
    expect(days).to_have_value("400")
    assert asked == ["confirm", "beforeunload"]

    sequences.write(page, "Days", "4")

    expect(sequences.heard(page)).to_have_text(SAVED)
    expect(page.locator(".step-form .error, .step-form .form-errors, .step-form [aria-invalid]")).to_have_count(0)
    away.click()
    expect(page.get_by_role("heading", name="Too many days")).to_be_visible()
    assert asked == ["confirm", "beforeunload"]


def test_without_a_connection_what_was_typed_is_tried_again_and_what_was_pressed_is_not(
    page: Page, demo: dict[str, str]
) -> None:
    asked = begin(page, demo, "In the train", "Ask a person")
    sequences.write(page, "What the person is to do", "Ring them")
    expect(page.locator("#saved")).to_have_text(SAVED)

    page.context.set_offline(True)
    page.keyboard.type(" today")
    sequences.press(page, "Done")
    expect(sequences.heard(page)).to_contain_text("Not saved: no connection. It is tried again.")
    sequences.press(page, "Copy step 1")
    expect(sequences.heard(page)).to_contain_text("Not done: no connection. Press it again once there is one.")
    page.get_by_role("link", name="In the train").click()
    expect(sequences.field(page, "What the person is to do")).to_have_value("Ring them today")

    page.context.set_offline(False)
    expect(page.locator("#words-1")).to_contain_text("Ring them today")
    expect(sequences.heard(page)).to_have_text(SAVED)
    assert asked == ["beforeunload"]
    page.reload()
    sequences.ready(page)
    assert sequences.steps(page) == ["1 Ask a person: Ring them today"]
