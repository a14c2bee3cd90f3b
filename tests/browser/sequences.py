"""What journeys do in the editor of sequences, in their words: by keyboard alone, as somebody without a mouse does."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.studio import PATIENCE

MOST_TABS = 150
HERE = "element => element === document.activeElement"
STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [contenteditable=true], [tabindex='0']"
AWAY = f"""element => {{
    const isStop = one => one.checkVisibility({{visibilityProperty: true}}) && !one.disabled && one.tabIndex >= 0;
    const stops = [...document.querySelectorAll(`{STOPS}`)].filter(isStop);
    return stops.indexOf(element) - stops.indexOf(document.activeElement);
}}"""
"""How many presses of the Tab key lead there, or back there, about: some fields have several stops."""


def reach(page: Page, target: Locator) -> Locator:
    """Press Tab, or Shift and Tab where that is nearer, until the focus is there."""
    expect(target).to_be_visible()
    away = target.evaluate(AWAY)
    key = "Tab" if away > 0 else "Shift+Tab"
    for _ in range(abs(away) - 1):
        page.keyboard.press(key)
    for _ in range(MOST_TABS):
        if target.evaluate(HERE):
            return target
        page.keyboard.press(key)
    raise AssertionError(f"The Tab key does not lead to {target}.")


def press(page: Page, name: str | re.Pattern[str], role: str = "button") -> None:
    """Go to what is called so, and press Enter."""
    reach(page, page.get_by_role("main").get_by_role(role, name=name).first)  # type: ignore[arg-type]
    page.keyboard.press("Enter")


def ready(page: Page) -> None:
    page.locator("#editor[data-ready]").wait_for(timeout=PATIENCE)


def steps(page: Page) -> list[str]:
    """Every step's words, as a screen reader comes by them."""
    return [" ".join(words.split()) for words in page.locator(".step-words").all_inner_texts()]


def heard(page: Page) -> Locator:
    """What a screen reader was told last."""
    return page.locator("#live")


def add(page: Page, kind: str, where: str = "at the end") -> None:
    """A step of this kind; its form is open then, with the focus in it."""
    before = page.locator("[data-step]").count()
    gap = page.locator("details.gap").filter(has=page.locator("summary", has_text=re.compile(f"{where}$"))).last
    reach(page, gap.locator("> summary"))
    page.keyboard.press("Enter")
    if not gap.get_by_role("button", name=kind, exact=True).is_visible():
        reach(page, gap.locator(".rare > summary"))
        page.keyboard.press("Enter")
    reach(page, gap.get_by_role("button", name=kind, exact=True))
    page.keyboard.press("Enter")
    expect(page.locator("[data-step]")).to_have_count(before + 1)
    expect(page.locator(".step-form :focus")).to_have_count(1)
    expect(heard(page)).to_contain_text("Added: ")


def field(page: Page, label: str) -> Locator:
    """A field of the open form."""
    return page.locator(".step-form").get_by_label(re.compile(f"^{re.escape(label)}( optional)?$"))


def choose(page: Page, label: str, words: str) -> None:
    """In the open form, a choice by typing how it begins."""
    menu = reach(page, field(page, label))
    page.keyboard.type(words)
    expect(menu.locator("option:checked")).to_have_text(re.compile(f"^{re.escape(words)}"))


def write(page: Page, label: str, words: str) -> None:
    """In the open form, in the place of what stands there."""
    reach(page, field(page, label))
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def done(page: Page) -> None:
    """The form closes, and the focus is where it was opened."""
    press(page, "Done")
    expect(page.locator(".step-form")).to_have_count(0)
    expect(page.locator("[data-open]:focus")).to_have_count(1)
