"""A letter with every block: on a telephone, on a tablet, beside others; light and dark; with and without pictures.

The screenshots in docs/emails/ are made anew when they are asked for:

    EMAIL_SCREENSHOTS=1 .venv/bin/python -m pytest -m browser tests/email/test_sweep.py
"""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from newsletter.content import colours
from newsletter.rendering.preview import Preview
from tests.browser import axe
from tests.email import every_block, shipped
from tests.email.test_in_a_browser import Reader

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "docs/emails"
WIDTHS = (320, 390, 640)
PORTRAIT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#7C9A86"/>'
    '<circle cx="32" cy="26" r="11" fill="#FBF8F3"/><path d="M10 64a22 22 0 0 1 44 0z" fill="#FBF8F3"/></svg>'
)
views = pytest.mark.parametrize("width", WIDTHS)
schemes = pytest.mark.parametrize("scheme", axe.SCHEMES)
pictures = pytest.mark.parametrize("shown", [True, False], ids=["pictures", "no pictures"])
KEPT = {
    ("every-block", "light", 390, True),
    ("every-block", "dark", 390, True),
    ("every-block", "light", 640, True),
    ("every-block", "dark", 640, False),
}


class Window(Reader):
    """Reads mails with the pictures that they really have, or with none."""

    def _answer(self, route: Route) -> None:
        file = ROOT / route.request.url.partition("8000/")[2]
        if not self.shows_pictures:
            route.abort()
        elif file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(content_type="image/svg+xml", body=PORTRAIT)

    def reads(self, copy: Preview, scheme: Any, width: int, *, shown: bool) -> Page:
        self.shows_pictures = shown
        # Under addresses of their own, since the browser remembers pictures that it has seen.
        html = copy.html if shown else copy.html.replace("8000/static/", "8000/no/").replace("8000/media/", "8000/no/")
        self.page.set_content(html, wait_until="load")
        return self.looks(scheme, width)


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Window]:
    page = browser.new_page()
    yield Window(page)
    page.close()


@views
@schemes
@pictures
def test_a_letter_with_every_block_fits_and_can_be_read(scheme: Any, width: int, shown: bool, window: Window) -> None:
    page = window.reads(every_block.everything(), scheme, width, shown=shown)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [said for said in window.colours() if colours.contrast(said[1], said[2]) < colours.READABLE] == []
    page.evaluate(axe.SOURCE)
    assert page.evaluate(axe.RUN) == []
    _keep(page, ("every-block", scheme, width, shown))


@views
def test_two_columns_stand_side_by_side_where_there_is_room_and_one_below_the_other_where_not(
    width: int, window: Window
) -> None:
    page = window.reads(every_block.copy(every_block.SAMPLES["columns"]), "light", width, shown=True)

    left, right = (column.bounding_box() for column in page.locator("div.column").all())
    assert left is not None
    assert right is not None
    assert (right["y"] == left["y"]) == (width == 640)
    assert left["width"] == (264 if width == 640 else width - 44)


@pytest.mark.parametrize("shown", [True, False])
def test_a_branded_letter_can_be_read_in_both_schemes(shown: bool, window: Window) -> None:
    for scheme in axe.SCHEMES:
        window.reads(every_block.everything(**every_block.BRANDED), scheme, 390, shown=shown)

        assert [said for said in window.colours() if colours.contrast(said[1], said[2]) < colours.READABLE] == []


@pytest.mark.parametrize("preset", shipped.FINISHED_STARTERS, ids=shipped.name)
def test_a_starter_fits_a_narrow_telephone(preset: Any, window: Window) -> None:
    page = window.reads(shipped.copy(preset), "light", 320, shown=True)

    assert page.evaluate("document.documentElement.scrollWidth") == 320
    _keep(window.looks("light", 640), (preset.key, "light", 640, preset.key == "newsletter"))


def _keep(page: Page, view: tuple[str, str, int, bool]) -> None:
    """Take a picture, when pictures were asked for and this is one of those that are kept."""
    name, scheme, width, shown = view
    if os.environ.get("EMAIL_SCREENSHOTS") and (view in KEPT or name == "newsletter"):
        SCREENSHOTS.mkdir(exist_ok=True)
        file = SCREENSHOTS / f"{name}-{width}-{scheme}{'' if shown else '-no-pictures'}.png"
        Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB").quantize(48).save(file, optimize=True)
