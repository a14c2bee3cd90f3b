"""One block of every kind, some of them in more than one dress, and a mail with all of them."""

from dataclasses import replace
from typing import Any

from newsletter.content import blocks, letterhead
from newsletter.content.compile import Compiled, compile_email
from newsletter.content.compose import Draft
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind, Topic
from newsletter.rendering import preview
from newsletter.rendering.preview import Preview
from tests.newsletter.content.emails import harbour
from tests.newsletter.rendering.revisions import MOMENT

RICH = (
    "<p>Hello {{ first_name|there }}, this is <strong>strong</strong>, this is <em>stressed</em>, and this is "
    '<a href="article">a link with <strong>strong <em>words</em></strong></a>.<br>A new line.</p>'
    "<ul><li>a point</li><li>a second one, which is long enough to need two lines on a telephone</li></ul>"
    "<ol><li>first</li><li>then</li></ol><p>Source: NHS, “Sciatica”.</p>"
)
SAMPLES: dict[str, dict[str, Any]] = {
    "heading": {"type": "heading", "text": "Every block in one letter"},
    "text": {"type": "text", "text": RICH},
    "image": {
        "type": "image",
        "picture": "nerve-map",
        "alt": "A drawing of the nerve's path from the lower back to the foot.",
        "caption": "The longest path in the body.",
        "target": "nerve-map",
    },
    "image-decorative": {"type": "image", "picture": "trigger-points", "decorative": True},
    "button": {"type": "button", "label": "Book the free call", "target": "call"},
    "button-plain": {"type": "button", "label": "Read on", "target": "https://www.example.org/read"},
    "divider": {"type": "divider"},
    "quote": {"type": "quote", "text": "Walk a little.\nThen rest a little.", "who": "Dana Reyes, acupuncturist"},
    "quote-bare": {"type": "quote", "text": "Slowly is fine."},
    "columns": {
        "type": "columns",
        "left": "<p><strong>When</strong></p><p>Tuesday, 3 March, from six to eight</p>",
        "right": '<p><strong>Where</strong></p><ul><li>12 Quay Street</li><li><a href="ask">Ask the way</a></li></ul>',
    },
    "article": {
        "type": "article",
        "title": "What the nerve does, and what it does not",
        "text": "A page with one drawing.\nFour minutes.",
        "target": "article",
        "label": "Read the article",
        "picture": "trigger-points",
        "alt": "A drawing of a back with two marks.",
    },
    "article-bare": {"type": "article", "title": "The map", "target": "nerve-map", "label": "See the map"},
    "signature": {"type": "signature", "closing": "Warmly,"},
    "red_flags": {"type": "red_flags"},
    "free_times": {
        "type": "free_times",
        "heading": "The next times for a call",
        "fallback": "You find them on the booking page.",
    },
}


def draft(*chosen: dict[str, Any]) -> Draft:
    body = blocks.clean({"version": blocks.VERSION, "blocks": [dict(block) for block in chosen]})
    return Draft(EmailKind.CAMPAIGN, "Every block", "All in one letter.", body, topic=Topic.NEWSLETTER)


BRANDED = {
    "brand_colour": "#7A1F4B",
    "button_colour": "#0B4F2E",
    "font": "georgia",
    "footer_text": "Closed on Mondays.",
    "social_links": [{"name": "Pictures", "url": "https://pictures.example/harbour"}],
    "signature_title": "Acupuncturist",
}


def compiled(*chosen: dict[str, Any], **profile: Any) -> Compiled:
    return compile_email(draft(*chosen), head(**profile))


def head(**profile: Any) -> Letterhead:
    """A letterhead with a portrait, which would else have to lie in the library."""
    plain = letterhead.of(harbour(**profile))
    return replace(plain, signature=replace(plain.signature, picture_url=f"{plain.base_url}/media/portrait.png"))


def copy(*chosen: dict[str, Any], **profile: Any) -> Preview:
    """What one reader has."""
    email = compiled(*chosen, **profile)
    return preview.preview(email, preview.sample(email.sender["base_url"], sent_at=MOMENT))


def everything(**profile: Any) -> Preview:
    return copy(*SAMPLES.values(), **profile)
