"""Draw the pictures of the emails anew: static/email/art/*.svg, and the same as PNG at twice their size."""

from io import BytesIO
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from PIL import Image
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from website import illustrations
from website.illustrations import WIDTH, Drawing

COLOURS = 128


class Command(BaseCommand):
    help = "Draws the pictures of the emails anew, with the Chromium of this machine."
    requires_system_checks = []  # no database is needed to draw

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chromium", default="/usr/bin/chromium")

    def handle(self, *args: Any, chromium: str, **options: Any) -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, drawing in illustrations.DRAWINGS.items():
                illustrations.file(name, "svg").write_text(illustrations.standalone(drawing) + "\n")
                picture = Image.open(BytesIO(_photograph(browser, name, drawing)))
                picture.quantize(COLOURS).save(illustrations.file(name, "png"), optimize=True)
            browser.close()


def _photograph(browser: Browser, name: str, drawing: Drawing) -> bytes:
    size = ViewportSize(width=WIDTH, height=illustrations.height(drawing))
    page = browser.new_page(viewport=size, device_scale_factor=2)
    page.goto(illustrations.file(name, "svg").as_uri())
    page.wait_for_function("document.fonts.status === 'loaded'")
    return page.screenshot()
