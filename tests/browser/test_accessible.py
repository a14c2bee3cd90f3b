"""Nothing serious or critical on any page or in any mail, in both schemes and widths; and every page by keyboard."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from newsletter.content.presets.writing import Preset
from tests.browser import axe, keys, letters, places
from tests.email import shipped

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAILS = shipped.EVERYTHING
ERRORS = ("400", "403", "404", "429", "500", "503")
ALONE = {
    "archived_mail",
    "brand_letter",
    "campaign_ab_letter",
    "campaign_letter",
    "mail_html",
    "preview_frame",
    "results_map",
    "setup_letter",
    "sequence_try_letter",
    "step_letter",
    "view",
}
"""Mails in frames: they are looked at as mails."""


@dataclass
class Site:
    """The demo with two windows on it: one signed in, one of a visitor. Paths of pages by the names of their views."""

    web: str
    inside: Page
    outside: Page
    studio: Mapping[str, str]
    gate: Mapping[str, str]
    website: Mapping[str, str]

    def opens(self, room: str) -> Iterator[tuple[str, Page]]:
        """Every page of this part, loaded."""
        window = self.inside if room == "studio" else self.outside
        for name, path in getattr(self, room).items():
            window.set_viewport_size({"width": 1280, "height": 900})
            window.goto(self.web.rstrip("/") + path)
            yield f"{room}:{name}", window


@pytest.fixture(scope="module")
def site(browser: Browser, demo: dict[str, str]) -> Iterator[Site]:
    inside, outside = browser.new_page(), browser.new_page()
    found = letters.collect(inside, demo)
    own, public = (
        {name: path for name, path in book.items() if name not in ALONE}
        for book in (places.studio(demo, found), places.website(found))
    )
    yield Site(
        demo["web"],
        inside,
        outside,
        studio=places.pages(inside, demo["web"], own),
        gate=places.pages(outside, demo["web"], places.gate(found), redirects=2),
        website=places.pages(outside, demo["web"], public),
    )
    inside.close()
    outside.close()


@pytest.fixture(scope="module")
def mailbox(browser: Browser) -> Iterator[Page]:
    """A window that asks nobody for pictures."""
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    yield page
    page.close()


FAULTY = """<html lang="en"><title>Faults</title><body><a href="#main" class="skip">Skip</a><main>
<h1>Faults</h1><img src="data:,"><p style="color: #ccc; background: #fff; width: 400px">Pale and wide</p>
<a href="#x" tabindex="-1">Out of reach</a></main>"""


def test_what_is_wrong_is_found(mailbox: Page) -> None:
    mailbox.set_content(FAULTY)

    said = " ".join(axe.findings(mailbox, "faulty"))
    assert "faulty (dark, 390): image-alt at img" in said
    assert "faulty (light, 1280): color-contrast at p" in said
    assert "faulty scrolls sideways at 320 pixels" in said
    assert keys.missed(mailbox) == ['<a href="#x" tabindex="-1">Out of reach</a>']
    assert not keys.skips(mailbox)


def test_the_walk_finds_the_pages(site: Site) -> None:
    assert {"dashboard", "lead", "email_edit", "uncertain_decide", "mail", "missing"} <= site.studio.keys()
    assert site.gate.keys() == {"sign_in", "forgotten", "forgotten_done", "new_password", "welcome"}
    assert {"article", "book", "confirm", "unsubscribe", "preferences", "booked", "appointment"} <= site.website.keys()


@pytest.mark.parametrize("room", ["studio", "gate", "website"])
def test_no_page_has_a_serious_fault_and_each_is_used_by_keyboard(room: str, site: Site) -> None:
    """The gate's pages have no menu to lead past."""
    found = []
    for name, page in site.opens(room):
        found += axe.findings(page, name)
        axe.looks(page, "light", 1280)
        if room != "gate" and not keys.skips(page):
            found.append(f"{name} has no way past the menu")
        found += [f"{name}: {element}" for element in keys.missed(page)]
    assert found == []


@pytest.mark.parametrize("code", ERRORS)
def test_no_page_about_an_error_has_a_serious_fault(code: str, site: Site) -> None:
    site.outside.goto(site.web)
    site.outside.set_content(render_to_string(f"website/{code}.html"))

    assert axe.findings(site.outside, code) == []


@pytest.mark.parametrize("preset", MAILS, ids=shipped.name)
def test_no_mail_has_a_serious_fault(preset: Preset, mailbox: Page) -> None:
    mailbox.set_content(shipped.copy(preset).html)

    assert axe.findings(mailbox, preset.key) == []
