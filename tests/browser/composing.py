"""What journeys do in the composer, in their words: begin, find a block and its fields, wait until it is saved."""

import re
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.config.deadlines import wait_until

SAVED = re.compile(r"^Saved \d\d:\d\d")
A_SAVE = 30_000
STATE = """() => [...document.querySelectorAll('#blocks > *')].map(card => [
    card.querySelector('h3').lastChild.textContent.trim(),
    [...card.querySelectorAll('input[data-field], .prose, .plain-words')]
        .map(field => field.value ?? field.innerText.trim()).join('|'),
    card.querySelector('[data-only]').hidden ? '' : card.querySelector('[data-only-says]').textContent,
])"""

AT_THE_END = "({editor: {state: {doc, selection}}}) => !doc.textBetween(selection.to, doc.content.size)"


def begin(page: Page, demo: dict[str, str], name: str, preset: str = "plain-letter") -> str:
    """A new campaign from a preset, begun by what its form sends; the address of its composer."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrf")
    said = {"name": name, "starter": preset, "csrfmiddlewaretoken": token}
    begun = page.request.post(f"{demo['studio']}campaigns/new", form=said, max_redirects=0)
    page.goto(urljoin(demo["studio"], begun.headers["location"]))
    ready(page)
    return page.url


def ready(page: Page) -> None:
    page.locator("#composer[data-ready]").wait_for()


def block(page: Page, number: int) -> Locator:
    return page.locator("#blocks > *").nth(number - 1)


def prose(page: Page, number: int) -> Locator:
    return block(page, number).locator(".prose").first


def act(page: Page, name: str, number: int) -> Locator:
    return block(page, number).get_by_role("button", name=re.compile(f"^{name}:"))


def add(page: Page, kind: str) -> None:
    """Under the last block; it stands there when this returns."""
    blocks = page.locator("#blocks > *")
    before = blocks.count()
    page.get_by_role("button", name="Add a block", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{kind}")).click()
    expect(blocks).to_have_count(before + 1)


def says(page: Page) -> list[Any]:
    """What stands in the blocks: kind, words, and whom it is only for."""
    return page.evaluate(STATE)


def kinds(page: Page) -> list[str]:
    return [kind for kind, _words, _only in says(page)]


def write(page: Page, number: int, words: str) -> None:
    """Type at the end of a text, once its editor knows that the caret is there: it hears so a moment later."""
    text = prose(page, number)
    text.focus()

    def is_at_the_end() -> bool:
        page.keyboard.press("Control+End")
        return bool(text.evaluate(AT_THE_END))

    wait_until(is_at_the_end)
    page.keyboard.type(words)


def save(page: Page) -> None:
    """By the keys for it, as those do who do not trust a page to save by itself."""
    page.keyboard.press("Control+s")
    is_saved(page)


def is_saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_attribute("data-state", "saved", timeout=A_SAVE)
    expect(page.locator("#saved")).to_have_text(SAVED)


def letter(page: Page) -> FrameLocator:
    return page.frame_locator("#preview-box iframe")


def heard(page: Page) -> Locator:
    """What a screen reader was told last."""
    return page.locator("#live")
