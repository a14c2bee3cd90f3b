"""A letter with every block: on a telephone, on a tablet, beside others; light and dark; with and without pictures.

The screenshots in docs/emails/ are made anew when they are asked for:

    EMAIL_SCREENSHOTS=1 .venv/bin/python -m pytest -m browser tests/email/test_sweep.py
"""

import os
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import axe
from tests.email import every_block
from tests.email.reading import ROOT, Reader, unreadable

pytestmark = pytest.mark.browser
SCREENSHOTS = ROOT / "docs/emails"
WIDTHS = (320, 390, 640)
COLUMNS = "() => [...document.querySelectorAll('div.column')].map(column => column.getBoundingClientRect().toJSON())"
pictures = pytest.mark.parametrize("shown", ["real", ""], ids=["pictures", "no pictures"])


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Reader]:
    page = browser.new_page()
    yield Reader(page)
    page.close()


@pictures
def test_a_letter_with_every_block_fits_can_be_read_and_is_clean(shown: str, window: Reader) -> None:
    page = window.opens(every_block.everything().html, pictures=shown)
    page.evaluate(axe.SOURCE)
    for scheme in axe.SCHEMES:
        for width in WIDTHS:
            window.looks(scheme, width)

            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert unreadable(window.colours()) == []
            assert page.evaluate(axe.RUN) == []
            _keep(page, "every-block", scheme, width, shown)


def test_two_columns_stand_side_by_side_where_there_is_room_and_one_below_the_other_where_not(window: Reader) -> None:
    page = window.opens(every_block.copy(every_block.SAMPLES["columns"]).html)
    for width in (*WIDTHS, 571, 572):
        window.looks("light", width)
        left, right = page.evaluate(COLUMNS)

        assert (right["y"] == left["y"]) == (width >= 572)
        assert left["width"] == (264 if width >= 572 else width - 44)


@pictures
def test_a_branded_letter_can_be_read_in_both_schemes(shown: str, window: Reader) -> None:
    window.opens(every_block.everything(**every_block.BRANDED).html, pictures=shown)
    for scheme in axe.SCHEMES:
        window.looks(scheme, 390)

        assert unreadable(window.colours()) == []


def test_a_picture_that_is_only_decoration_leaves_no_trace_when_pictures_are_off(window: Reader) -> None:
    page = window.opens(every_block.copy(every_block.SAMPLES["image-decorative"]).html)
    window.looks("dark", 390)

    box = page.locator("td.plate").bounding_box()
    assert box is None or box["height"] == 0


def _keep(page: Page, name: str, scheme: str, width: int, shown: str) -> None:
    """Take a picture, when pictures were asked for."""
    if os.environ.get("EMAIL_SCREENSHOTS"):
        SCREENSHOTS.mkdir(exist_ok=True)
        file = SCREENSHOTS / f"{name}-{width}-{scheme}{'' if shown else '-no-pictures'}.png"
        Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB").quantize(48).save(file, optimize=True)
