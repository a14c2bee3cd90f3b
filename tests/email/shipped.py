"""Every mail that ships, compiled and filled for somebody, without a database."""

from typing import Any

from newsletter.content import course, letterhead, presets, richtext
from newsletter.content.compile import Compiled, compile_email
from newsletter.content.compose import Draft
from newsletter.content.presets.writing import Preset
from newsletter.rendering import preview
from newsletter.rendering.preview import Preview
from tests.newsletter.content.emails import harbour
from tests.newsletter.rendering.revisions import MOMENT

COURSE = presets.COURSE
ALL = presets.SHIPPED
STARTERS = presets.STARTERS
EVERYTHING = (*ALL, *STARTERS)
SAID = {"text", "label", "heading", "left", "right", "title"}


def name(preset: Preset) -> str:
    return preset.key


def draft(preset: Preset) -> Draft:
    key = preset.key if preset in ALL else None
    place = course.place_as_shipped(key)
    return Draft(preset.kind, preset.subject, preset.preheader, preset.body, key=key, topic=preset.topic, place=place)


def compiled(preset: Preset, **profile: Any) -> Compiled:
    return compile_email(draft(preset), letterhead.of(harbour(**profile)))


def copy(preset: Preset, **profile: Any) -> Preview:
    """What one reader has."""
    email = compiled(preset, **profile)
    return preview.preview(email, preview.sample(email.sender["base_url"], sent_at=MOMENT))


def prose(preset: Preset) -> str:
    """What a letter says in headings, text and button, without its sources and sign-off."""
    written = [(block, name) for block in preset.body["blocks"] for name in sorted(SAID & set(block), reverse=True)]
    texts = [richtext.plain(richtext.parse(block[name])) for block, name in written]
    paragraphs = [part for words in texts for part in words.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if not part.startswith(("Source", "Warmly")))
