"""CSS that Outlook or Gmail drop, or that makes them drop more than itself, stands in no mail of ours."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from newsletter.content.presets.writing import Preset
from tests.email import every_block, shipped

DROPPED = {
    r"\bposition\s*:": "Gmail drops it, and Outlook knows no layers",
    r"\bfloat\s*:": "Outlook ignores it on everything but pictures",
    r"\bdisplay\s*:\s*(?:inline-)?(?:flex|grid)": "Outlook stacks it, Gmail drops it in part",
    r"\b(?:flex|grid|gap|order|inset|z-index)\b[a-z-]*\s*:": "neither knows layouts of this kind",
    r"\b(?:clip-path|filter|backdrop-filter|mask|aspect-ratio)\s*:": "neither knows it",
    r"\b(?:transform|transition|animation)\b[a-z-]*\s*:": "Gmail and Outlook drop it",
    r"\b(?:box|text)-shadow\s*:": "Gmail drops it, Outlook ignores it",
    r"\b(?:object-fit|object-position|background-(?:size|clip|blend-mode|attachment))\s*:": "Outlook ignores it",
    r"\b(?:linear|radial|conic)-gradient\(": "Outlook shows no ground at all",
    r"\burl\(": "a mail fetches no files but its pictures; Outlook shows no backgrounds",
    r"@(?:import|font-face|supports|layer|container|keyframes|namespace|charset)": "Gmail drops the whole style sheet",
    r"\b(?:var|calc|min|max|clamp|env|attr)\(": "Outlook drops the declaration",
    r"\b(?:rgba?|hsla?|oklch|color-mix)\(": "Outlook shows black instead",
    r"[\d.](?:rem|vw|vh|vmin|vmax|ch)\b": "Outlook knows no such unit",
    r"\bmargin[a-z-]*\s*:[^;}\"]*-\d": "Gmail and Outlook drop negative margins",
    r":(?:has|is|where|not|nth-child|target|checked|before|after)\b": "most mail programs drop the rule",
    r"(?:^|[}\s,])#[a-z][\w-]*\s*[{,.:]": "Gmail renames ids",
    r"\*\s*\{": "Gmail drops the rule",
    r"#[0-9a-fA-F]{3}\b(?![0-9a-fA-F])": "Outlook misreads short colours in attributes",
    r"expression\(|behavior\s*:|-moz-binding|javascript:": "nothing runs in a mail",
}
TAGS = (
    r"<(?:script|link|base|iframe|object|embed|form|input|button|svg|video|audio|canvas|picture|source|style\s+media)\b"
)
LARGEST_SHEET = 8192
"""Characters after which Gmail ignores a style sheet, as it does all that follow."""
MAILS = shipped.EVERYTHING


def css_of(html: str) -> Iterator[str]:
    yield from (unescape(style) for style in re.findall(r'\sstyle="([^"]*)"', html))
    yield from re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)


def dropped(html: str) -> list[str]:
    """What of this mail would be dropped, and why."""
    found = [
        f"{match[0]} ({why})"
        for pattern, why in DROPPED.items()
        for css in css_of(html)
        for match in re.finditer(pattern, css)
    ]
    found += [f"{tag} (dropped by every mailbox)" for tag in re.findall(TAGS, html)]
    return found + [f"a sheet of {len(css)}" for css in css_of(html) if len(css) > LARGEST_SHEET]


@pytest.mark.parametrize("preset", MAILS, ids=shipped.name)
def test_no_shipped_mail_depends_on_what_is_dropped(preset: Preset) -> None:
    assert dropped(shipped.copy(preset).html) == []


def test_no_block_depends_on_what_is_dropped() -> None:
    assert dropped(every_block.everything(**every_block.BRANDED).html) == []


@pytest.mark.parametrize(
    "css",
    [
        "position:absolute",
        "float: left",
        "display:flex",
        "display: inline-grid",
        "gap:4px",
        "transform:scale(2)",
        "box-shadow:0 0 2px #000000",
        "background:url(https://x.example/a.png)",
        "width:calc(100% - 2px)",
        "color:rgba(0,0,0,.5)",
        "font-size:1.2rem",
        "margin:0 -4px 0 0",
        "color:var(--ink)",
        "color:#fff",
        "behavior:x",
        "background:linear-gradient(#000000, #ffffff)",
    ],
)
def test_the_list_finds_what_it_is_for(css: str) -> None:
    assert len(dropped(f'<p style="{css}">x</p>')) >= 1
    assert len(dropped(f"<style>@media screen {{ .x {{ {css} !important; }} }}</style>")) >= 1


@pytest.mark.parametrize(
    "html",
    [
        "<style>@import 'x.css';</style>",
        "<style>.a:has(.b) { color: #000000 }</style>",
        "<style>#footer { color: #000000 }</style>",
        "<style>* { color: #000000 }</style>",
        f"<style>{'.a { color: #000000 }' * 500}</style>",
        "<link rel=stylesheet href=x>",
        "<form action=x>",
    ],
)
def test_it_finds_what_drops_more_than_itself(html: str) -> None:
    assert len(dropped(html)) >= 1
