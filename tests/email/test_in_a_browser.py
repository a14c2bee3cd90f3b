"""Every mail that ships, as a reader sees it: narrow and wide, light and dark, with and without its pictures."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from newsletter.content import colours, letterhead
from newsletter.content.compile import compile_email
from newsletter.content.pictures.queries import Shown
from newsletter.content.presets.writing import Preset
from newsletter.rendering import preview
from tests.email import every_block, shipped
from tests.email.reading import Shelf, unreadable
from tests.newsletter.content.emails import harbour
from tests.newsletter.rendering.revisions import MOMENT

pytestmark = pytest.mark.browser
MAILS = shipped.EVERYTHING
WIDTHS = (320, 390, 640)
LONG = {
    "name": "Acupuncture & Traditional Medicine Centre of the Upper Harbourfront",
    "postal_address": "Suite 1204, The Old Customs House\n128 Quay Street West\nPort Ellis, Ontario K1A 0B1",
    "email": "reception.and.appointments@upper-harbourfront-acupuncture.example",
    "first_visit_price": "CAD 120 for an hour, CAD 95 for students and people over 65, tax included",
}
SCROLLS = "document => document.documentElement.scrollWidth"
HIT = """document => [
    [...document.querySelectorAll('a.button-link')].map(button => button.getBoundingClientRect().height),
    [...document.querySelectorAll('p.way')].map(way => way.getBoundingClientRect().height),
]"""
PREHEADER = "document => document.querySelector('.preheader')?.getClientRects().length ?? 0"
DRAWN = """document => ['.plate', '.drawing']
    .map(name => document.querySelector(name)?.getBoundingClientRect()).map(box => box && [box.width, box.height])"""
LOGO = "document => document.querySelector('.logo').getBoundingClientRect().width"
WORD = "Kniegelenksarthrosenbehandlungsvereinbarungsformularausgabestelle" * 2
"""Longer than any line: a pasted address, or what somebody typed without a blank."""


@pytest.fixture(scope="module")
def shelf(browser: Browser) -> Iterator[Shelf]:
    page = browser.new_page()
    yield Shelf(page)
    page.close()


@pytest.fixture(scope="module")
def plain(shelf: Shelf) -> Shelf:
    """Every mail without its pictures, under the house's colours."""
    shelf.holds({preset.key: shipped.copy(preset).html for preset in MAILS})
    return shelf


def all_of(value: object) -> dict[str, object]:
    return dict.fromkeys((preset.key for preset in MAILS), value)


def test_every_word_can_be_read_and_the_dark_scheme_is_dark_everywhere(plain: Shelf) -> None:
    dark = colours.palette(colours.TEAL).dark
    for scheme in ("light", "dark"):
        plain.shows(scheme, 640)
        found = plain.every_colour()

        assert {name: unreadable(words) for name, words in found.items()} == all_of([])
        assert min(map(len, found.values())) >= 8
    grounds = {name: {ground for _, _, ground in words} for name, words in found.items()}
    designed = {dark.page, dark.paper, dark.alarm, dark.button}
    assert {name: seen - designed for name, seen in grounds.items()} == all_of(set())


def test_the_button_and_the_links_below_can_be_hit(plain: Shelf) -> None:
    plain.shows("light", 360)
    found = plain.asks(HIT)

    assert {name: [height for height in buttons if height < 48] for name, (buttons, _) in found.items()} == all_of([])
    assert {name: len(buttons) for name, (buttons, _) in found.items()} == all_of(1)
    assert {name: [height for height in ways if height < 36] for name, (_, ways) in found.items()} == all_of([])


def test_opening_a_mail_asks_nobody_but_the_clinics_own_site_and_hides_its_preheader(plain: Shelf) -> None:
    pictures = sum(plain.asks("document => document.images.length").values())

    assert len(plain.asked) == pictures > 0
    assert [url for url in plain.asked if not url.startswith("http://127.0.0.1:8000/none/static/email/art/")] == []
    assert plain.asks(PREHEADER) == all_of(0)


def test_without_pictures_their_words_stand_there_and_nothing_else(plain: Shelf) -> None:
    plain.shows("dark", 390)
    boxes = {name: boxes for name, boxes in plain.asks(DRAWN).items() if boxes[0]}
    alts = plain.asks("document => document.querySelector('img.drawing')?.alt ?? ''")

    assert set(boxes) == {"course-2", "course-5"}
    assert [alts[name].startswith("A drawing of ") for name in boxes] == [True, True]
    assert [name for name, (plate, _) in boxes.items() if not 20 < plate[1] < 100] == []


def test_a_pale_colour_of_the_clinic_is_mended_until_it_can_be_read(shelf: Shelf) -> None:
    pale = {"brand_colour": "#F7E463", "button_colour": "#FFD9D9"}
    letters = {letter.key: shipped.copy(letter, **pale).html for letter in shipped.COURSE[:2]}
    shelf.holds({**letters, "every-block": every_block.everything(**pale).html})

    for scheme in ("light", "dark"):
        shelf.shows(scheme, 640)
        found = shelf.every_colour()
        assert [(name, said) for name, words in found.items() for said in unreadable(words)] == []


def test_no_mail_scrolls_sideways_whatever_the_clinics_name(shelf: Shelf) -> None:
    shelf.holds({preset.key: shipped.copy(preset, **LONG).html for preset in MAILS}, pictures="large")
    for width in WIDTHS:
        shelf.shows("light", width)
        assert shelf.asks(SCROLLS) == all_of(width)
    assert shelf.asks("document => document.querySelectorAll('h1').length") == all_of(1)
    assert {name: boxes for name, boxes in shelf.asks(DRAWN).items() if boxes[0] and boxes[1][0] != 320} == {}


def test_a_wide_logo_leaves_room_for_the_letters_number(shelf: Shelf) -> None:
    shelf.holds({letter.key: _under_a_wide_logo(letter) for letter in shipped.COURSE}, pictures="large")
    everybody = [letter.key for letter in shipped.COURSE]
    for width in WIDTHS:
        shelf.shows("light", width)
        assert shelf.asks(SCROLLS) == dict.fromkeys(everybody, width)
        assert set(shelf.asks(LOGO).values()) == {150 if width <= 620 else letterhead.LOGO_WIDTH}


def test_a_word_without_end_breaks_and_not_the_mail(shelf: Shelf) -> None:
    endless_mail = every_block.copy(*map(endless, every_block.SAMPLES.values()), **ENDLESS).html
    shelf.holds({"endless": endless_mail}, pictures="large")

    for width in WIDTHS:
        shelf.shows("light", width)
        assert shelf.asks(SCROLLS) == {"endless": width}


ENDLESS = {"name": WORD[:120], "postal_address": WORD, "footer_text": WORD, "signature_title": WORD[:120]}


def endless(block: dict[str, object]) -> dict[str, object]:
    """The same block with one word in every field that holds words."""
    wordy = {"text", "alt", "caption", "label", "who", "left", "right", "title", "closing", "heading", "fallback"}
    return {name: WORD if name in wordy else value for name, value in block.items()}


def _under_a_wide_logo(preset: Preset) -> str:
    logo = Shown("http://127.0.0.1:8000/media/logo.png", letterhead.LOGO_WIDTH, 30)
    email = compile_email(shipped.draft(preset), replace(letterhead.of(harbour()), logo=logo))
    return preview.preview(email, preview.sample(email.sender["base_url"], sent_at=MOMENT)).html
