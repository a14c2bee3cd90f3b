"""Every mail as a reader sees it: narrow and wide, light and dark, with and without its pictures."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from newsletter.content import colours
from newsletter.content.presets.writing import Preset
from tests.email import shipped

pytestmark = pytest.mark.browser
MAILS = (*shipped.ALL, *shipped.FINISHED_STARTERS)
every_mail = pytest.mark.parametrize("preset", MAILS, ids=shipped.name)
VIEWS = [("light", 360), ("light", 640), ("dark", 360), ("dark", 640)]
LONG = {
    "name": "Acupuncture & Traditional Medicine Centre of the Upper Harbourfront",
    "postal_address": "Suite 1204, The Old Customs House\n128 Quay Street West\nPort Ellis, Ontario K1A 0B1",
    "email": "reception.and.appointments@upper-harbourfront-acupuncture.example",
    "first_visit_price": "CAD 120 for an hour, CAD 95 for students and people over 65, tax included",
}
COLOURS = """() => [...document.querySelectorAll('p, h1, h2, li, a, td.brand, td.place, span')]
    .filter(element => element.innerText.trim() && element.getClientRects().length)
    .map(element => {
        const style = getComputedStyle(element);
        let ground = element;
        while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
        return [element.innerText.slice(0, 40), style.color, getComputedStyle(ground).backgroundColor];
    })"""


PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="880" height="1736"/>'


class Reader:
    """Looks at mails through one window; every request is noted, and refused or answered with a large picture."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.shows_pictures = False
        page.route("**/*", self._answer)

    def opens(self, html: str, *, scheme: Any = "light", width: int = 640, pictures: bool = False) -> Page:
        self.asked.clear()
        self.shows_pictures = pictures
        self.page.set_content(html.replace("/art/", "/shown/") if pictures else html, wait_until="load")
        self.looks(scheme, width)
        return self.page

    def looks(self, scheme: Any, width: int) -> Page:
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        return self.page

    def colours(self) -> list[tuple[str, str, str]]:
        """Words, their ink and the ground they stand on, for everything that is seen."""
        return [(words, hexadecimal(ink), hexadecimal(ground)) for words, ink, ground in self.page.evaluate(COLOURS)]

    def _answer(self, route: Route) -> None:
        self.asked.append(route.request.url)
        if self.shows_pictures:
            route.fulfill(content_type="image/svg+xml", body=PICTURE)
        else:
            route.abort()


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Reader]:
    page = browser.new_page()
    yield Reader(page)
    page.close()


def hexadecimal(css: str) -> str:
    red, green, blue = (int(part) for part in css.removeprefix("rgb(").removesuffix(")").split(","))
    return f"#{red:02X}{green:02X}{blue:02X}"


@every_mail
def test_nothing_scrolls_sideways(preset: Preset, reader: Reader) -> None:
    page = reader.opens(shipped.copy(preset, **LONG).html, pictures=True)

    widths = [reader.looks(*view).evaluate("document.documentElement.scrollWidth") for view in VIEWS]
    assert (widths, page.locator("h1").count()) == ([360, 640, 360, 640], 1)


@every_mail
@pytest.mark.parametrize("accent", ["#17505A", "#F7E463"])
def test_every_word_can_be_read(preset: Preset, accent: str, reader: Reader) -> None:
    reader.opens(shipped.copy(preset, brand_colour=accent).html)
    for scheme in ("light", "dark"):
        reader.looks(scheme, 640)

        found = reader.colours()
        assert len(found) >= 8
        assert [words for words, ink, ground in found if colours.contrast(ink, ground) < colours.READABLE] == []


@every_mail
def test_the_dark_scheme_is_dark_everywhere(preset: Preset, reader: Reader) -> None:
    reader.opens(shipped.copy(preset).html, scheme="dark")

    dark = colours.palette(colours.TEAL).dark
    assert {ground for _, _, ground in reader.colours()} - {dark.page, dark.paper, dark.alarm, dark.button} == set()


@every_mail
def test_the_button_and_the_links_below_can_be_hit(preset: Preset, reader: Reader) -> None:
    page = reader.opens(shipped.copy(preset).html, width=360)

    button = page.locator("a.button-link").bounding_box()
    rows = [row.bounding_box() for row in page.locator("p.way").all()]
    assert button is not None
    assert button["height"] >= 48
    assert [row for row in rows if row is None or row["height"] < 36] == []


@every_mail
def test_opening_a_mail_asks_nobody_but_the_clinics_own_site(preset: Preset, reader: Reader) -> None:
    page = reader.opens(shipped.copy(preset).html)

    assert len(reader.asked) == page.locator("img").count()
    assert [url for url in reader.asked if not url.startswith("http://127.0.0.1:8000/static/email/art/")] == []
    assert not page.locator(".preheader").is_visible()


def test_a_drawing_is_never_wider_than_the_letter_or_its_own_half(reader: Reader) -> None:
    letter = next(letter for letter in shipped.COURSE if letter.key == "course-2")
    page = reader.opens(shipped.copy(letter).html, pictures=True)
    plate, drawing = page.locator(".plate"), page.locator(".drawing")

    widths = [(reader.looks("light", width), plate.bounding_box(), drawing.bounding_box()) for width in (360, 640)]
    assert [(box["width"], inner["width"]) for _, box, inner in widths if box and inner] == [(316, 292), (528, 320)]


@pytest.mark.parametrize("key", ["course-2", "course-5"])
def test_without_pictures_their_words_stand_there(key: str, reader: Reader) -> None:
    letter = next(letter for letter in shipped.COURSE if letter.key == key)

    image = reader.opens(shipped.copy(letter).html).locator("img.drawing")

    box = image.bounding_box()
    assert (image.get_attribute("alt") or "").startswith("A drawing of ")
    assert box is not None
    assert box["height"] < 100
