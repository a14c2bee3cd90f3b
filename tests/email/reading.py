"""Mails as readers see them: in one window, or many of them side by side on a shelf, each in a frame of its own width.

A shelf is opened once and looked at in every width and scheme; what is asked of it is asked of every mail at once and
comes back by name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from newsletter.content import colours

ROOT = Path(__file__).parents[2]
HEIGHT = 900
LARGE_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="880" height="1736"/>'
PORTRAIT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#7C9A86"/>'
    '<circle cx="32" cy="26" r="11" fill="#FBF8F3"/><path d="M10 64a22 22 0 0 1 44 0z" fill="#FBF8F3"/></svg>'
)
EMPTY = '<!DOCTYPE html><html style="color-scheme: light dark"><body style="margin: 0">'
FILL = """mails => Promise.all(Object.entries(mails).map(([name, html]) => new Promise(filled => {
    const frame = document.createElement('iframe');
    Object.assign(frame, {title: name, srcdoc: html, onload: filled});
    frame.style = 'border: 0; display: block; height: 900px';
    document.body.append(frame);
})))"""
LOOK = """width => new Promise(looked => {
    for (const frame of document.querySelectorAll('iframe')) frame.style.width = `${width}px`;
    requestAnimationFrame(() => requestAnimationFrame(looked));
})"""
COLOURS = """document => {
    const style = element => document.defaultView.getComputedStyle(element);
    const isBare = element => style(element).backgroundColor === 'rgba(0, 0, 0, 0)';
    const words = element => element.alt ?? element.innerText;
    const isRead = element => words(element).trim() && element.getClientRects().length
        && !(element.tagName === 'IMG' && element.naturalWidth);
    return [...document.querySelectorAll('p, h1, h2, li, a, td.brand, td.place, td.caption, td.signature, span, img')]
        .filter(isRead)
        .map(element => {
            let ground = element;
            while (isBare(ground)) ground = ground.parentElement;
            return [words(element).slice(0, 40), style(element).color, style(ground).backgroundColor];
        });
}"""

Seen = tuple[str, str, str]
"""Words, their ink, and the ground they stand on."""


class Reader:
    """Looks through one window. Pictures are what they really are, large ones, or none; who was asked is noted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.pictures = ""
        page.route("**/*", self._answer)

    def opens(self, html: str, *, pictures: str = "") -> Page:
        """One mail, fresh; `pictures` are "real", "large" or none."""
        self._begins(pictures)
        self.page.set_content(self._renamed(html), wait_until="load")
        return self.page

    def looks(self, scheme: Any, width: int) -> Page:
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        return self.page

    def colours(self) -> list[Seen]:
        """What is read, pictures that are not shown by their words included."""
        return [_seen(found) for found in self.page.evaluate(f"({COLOURS})(document)")]

    def _begins(self, pictures: str) -> None:
        self.asked.clear()
        self.pictures = pictures

    def _renamed(self, html: str) -> str:
        """Under addresses of their own, since the browser remembers pictures that it has seen."""
        return html.replace("8000/", f"8000/{self.pictures or 'none'}/") if self.pictures != "real" else html

    def _answer(self, route: Route) -> None:
        self.asked.append(route.request.url)
        file = ROOT / route.request.url.partition("8000/")[2]
        if not self.pictures:
            route.abort()
        elif self.pictures == "real" and file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(content_type="image/svg+xml", body=PORTRAIT if self.pictures == "real" else LARGE_PICTURE)


class Shelf(Reader):
    """Many mails at once, by name."""

    def holds(self, mails: Mapping[str, str], *, pictures: str = "") -> None:
        self._begins(pictures)
        self.page.set_content(EMPTY)
        self.page.evaluate(FILL, {name: self._renamed(html) for name, html in mails.items()})

    def shows(self, scheme: Any, width: int) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.evaluate(LOOK, width)

    def asks(self, question: str) -> dict[str, Any]:
        """The answer of every mail: `question` is a function of its document."""
        frames = "[...document.querySelectorAll('iframe')]"
        return dict(self.page.evaluate(f"{frames}.map(frame => [frame.title, ({question})(frame.contentDocument)])"))

    def every_colour(self) -> dict[str, list[Seen]]:
        return {name: [_seen(one) for one in found] for name, found in self.asks(COLOURS).items()}


def unreadable(found: list[Seen]) -> list[Seen]:
    return [one for one in found if colours.contrast(one[1], one[2]) < colours.READABLE]


def _seen(found: tuple[str, str, str]) -> Seen:
    words, ink, ground = found
    return words, _hexadecimal(ink), _hexadecimal(ground)


def _hexadecimal(css: str) -> str:
    red, green, blue = (int(part) for part in css.removeprefix("rgb(").removesuffix(")").split(","))
    return f"#{red:02X}{green:02X}{blue:02X}"
