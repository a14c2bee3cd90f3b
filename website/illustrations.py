"""The article's drawings as files of their own, for emails: the same lines, on paper, in the light colours.

The drawings are templates/website/art/*.svg, their colours the `art` rules of the visitors' stylesheet.
"""

import re
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string

WIDTH, MARGIN = 320, 12
STYLESHEET = settings.BASE_DIR / "static" / "website" / "site.css"
FOLDER = settings.BASE_DIR / "static" / "email" / "art"
FONT = '@font-face{font-family:"Newsreader";src:url("../../fonts/newsreader.woff2");font-weight:400 600}'


class Drawing(NamedTuple):
    """A drawing's template, and the size of its view box."""

    template: str
    wide: int
    high: int


DRAWINGS = {
    "nerve-map": Drawing("website/art/nerve_map.svg", 440, 868),
    "trigger-points": Drawing("website/art/trigger_map.svg", 440, 720),
}


def height(drawing: Drawing) -> int:
    """How high it is at the width that emails show it in."""
    return round((WIDTH - 2 * MARGIN) * drawing.high / drawing.wide) + 2 * MARGIN


def standalone(drawing: Drawing) -> str:
    """The drawing as a file that needs no page around it."""
    return render_to_string(
        "website/art/standalone.svg",
        {
            "drawing": drawing.template,
            "style": style(STYLESHEET.read_text()),
            "width": WIDTH,
            "height": height(drawing),
            "margin": MARGIN,
            "inner_width": WIDTH - 2 * MARGIN,
            "inner_height": height(drawing) - 2 * MARGIN,
        },
    ).strip()


def style(css: str) -> str:
    """What of the stylesheet the drawings need: the light colours and the rules for art."""
    colours = re.search(r":root \{.*?\n\}", css, re.DOTALL)
    rules = re.findall(r"^\.art-.*$", css, re.MULTILINE)
    light = re.sub(r"\s*color-scheme:[^;]*;", "", colours[0]) if colours else ""
    return " ".join([FONT, *light.split(), *rules])


def file(name: str, suffix: str) -> Path:
    return FOLDER / f"{name}.{suffix}"
