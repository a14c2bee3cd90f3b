"""Every number that a shipped mail says, and where it comes from: a new one is written down here with its source."""

import re

import pytest

from newsletter.content import fields, richtext
from newsletter.content.presets.writing import Preset
from tests.email import shipped

NUMBER = re.compile(r"\b\d[\d.,:()-]*\d\b|\b\d+\b|\b(?:four|five|six|seven|fifteen|sixteen|twenty)\b", re.IGNORECASE)
ARTICLE = "the practitioner's article"
STAFFORD = "Stafford 2007, a review of studies, as the article cites it"
NHS = "NHS, “Sciatica”"
TRIAL = "Tu et al., JAMA Internal Medicine 2024, 184(12):1417-1424"
CALL = "the terms of the free call"
COURSE = "the course itself"
SAID = {
    "course-0": {"seven": COURSE},
    "course-2": {"five": ARTICLE, "4": NHS, "10": STAFFORD, "6": NHS, "2007": STAFFORD, "13": STAFFORD, "40": STAFFORD},
    "course-5": {"fifteen": CALL},
    "course-12": {
        **dict.fromkeys(("2024", "216", "4", "30.8", "100", "14.9", "52", "184(12):1417-1424", "6"), TRIAL),
        "NG59": "NICE",
    },
    "course-16": {"five": COURSE, "fifteen": CALL},
    "clinic-news": {"fifteen": CALL},
    "newsletter": {"fifteen": CALL},
    "seasonal-tip": {"4": NHS, "6": NHS},
}


def said(preset: Preset) -> set[str]:
    written = [value for block in preset.body["blocks"] for name, value in block.items() if name in shipped.SAID]
    words = "\n".join(richtext.plain(richtext.parse(value)) for value in written)
    return {number.lower() for number in NUMBER.findall(fields.without(words))}


@pytest.mark.parametrize("preset", shipped.EVERYTHING, ids=shipped.name)
def test_every_number_has_a_source(preset: Preset) -> None:
    assert said(preset) == set(SAID.get(preset.key, {})) - {"NG59"}


@pytest.mark.parametrize("preset", shipped.EVERYTHING, ids=shipped.name)
def test_a_source_that_is_needed_stands_in_the_mail(preset: Preset) -> None:
    text = shipped.copy(preset).text
    named = {
        NHS: "NHS, “Sciatica”",
        STAFFORD: "Stafford 2007",
        TRIAL: "Tu et al., JAMA Internal Medicine",
        "NICE": "NG59",
    }

    needed = {named[source] for source in SAID.get(preset.key, {}).values() if source in named}
    assert [source for source in needed if source not in " ".join(text.split())] == []
