"""What every shipped mail keeps, whoever edits the texts."""

import re
from html import unescape

import pytest

from newsletter.content import fields, lint
from newsletter.content.lint import claims
from newsletter.content.presets.writing import Preset
from newsletter.rendering import lint as wire
from newsletter.rendering.letter import prepare
from tests.email import shipped
from tests.newsletter.content.emails import harbour
from tests.newsletter.rendering.revisions import recipient

every_mail = pytest.mark.parametrize("preset", shipped.EVERYTHING, ids=shipped.name)
every_letter = pytest.mark.parametrize("preset", shipped.COURSE, ids=shipped.name)
RED_FLAGS = [
    "Weakness or numbness in both legs, or pain down both legs",
    "Numbness around the genitals, groin or inner thighs",
    "Trouble starting or controlling your bladder or bowels",
    "Weakness that gets worse",
    "Fever or unexplained weight loss along with back pain",
    "Pain after a serious fall or accident",
]
PLACES = [preset for preset in shipped.EVERYTHING if preset.key == "event"]
WHOLE = [preset for preset in shipped.EVERYTHING if preset not in PLACES]
UNPROVED = [preset for preset in shipped.ALL if preset.key.startswith(("confirmation", "inquiry-", "appointment-"))]


def one_line(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith("le")
    return max(1, groups - silent)


def grade(words: str) -> float:
    """Flesch and Kincaid's reading grade, with syllables counted by their vowels."""
    found = re.findall(r"[A-Za-z]+", words)
    sentences = len(re.findall(r"[.!?](?:\s|$)|\n\n", words)) or 1
    return 0.39 * len(found) / sentences + 11.8 * sum(map(syllables, found)) / len(found) - 15.59


@pytest.mark.parametrize("preset", WHOLE, ids=shipped.name)
@pytest.mark.parametrize("jurisdiction", ["CA", "UK", "US", "AU"])
def test_the_content_linter_has_nothing_to_say(preset: Preset, jurisdiction: str) -> None:
    profile = harbour(jurisdiction=jurisdiction)

    assert lint.findings(shipped.draft(preset), shipped.compiled(preset), profile) == []


@every_mail
def test_the_bytes_are_clean(preset: Preset) -> None:
    copy = shipped.copy(preset)

    assert wire.problems(copy.source.encode(), postal_address="12 Quay Street") == []


@every_mail
def test_it_is_far_from_what_mailboxes_cut(preset: Preset) -> None:
    assert len(shipped.compiled(preset).html.encode()) < 40 * 1024


@every_mail
def test_it_has_a_heading_a_preheader_and_a_subject(preset: Preset) -> None:
    copy = shipped.copy(preset)

    assert len(re.findall(r"<h1", copy.html)) == 1
    assert preset.preheader
    assert 0 < len(copy.subject) <= 60


@every_mail
def test_it_has_one_button(preset: Preset) -> None:
    assert [block["type"] for block in preset.blocks].count("button") == 1


@every_mail
def test_both_parts_say_the_same(preset: Preset) -> None:
    copy = shipped.copy(preset)
    html = one_line(unescape(re.sub(r"</?(?:strong|em|a)\b[^>]*>", "", copy.html)))
    text = one_line(re.sub(r"\s*\(http[^)]*\)", "", copy.text))

    phrases = [one_line(words) for words in re.split(r"\{\{.*?\}\}|\n", shipped.prose(preset)) if words.strip(" .,")]
    assert [phrase for phrase in phrases if phrase not in one_line(re.sub(r"<[^>]+>", "\n", html))] == []
    assert [phrase for phrase in phrases if phrase not in text] == []


@every_letter
def test_a_letter_has_150_to_250_words(preset: Preset) -> None:
    words = fields.without(shipped.prose(preset)).split()

    assert 150 <= len(words) <= 250


@every_letter
def test_a_letter_is_easy_to_read(preset: Preset) -> None:
    assert grade(fields.without(shipped.prose(preset))) <= 8


@every_letter
def test_a_letter_offers_all_three_ways_out_and_two_ways_to_leave(preset: Preset) -> None:
    email = shipped.compiled(preset)

    assert {link["goal"] for link in email.links} >= {"call", "direct", "ask"}
    for part in (email.html, email.text):
        assert "https://slot.invalid/unsubscribe" in part
        assert "https://slot.invalid/preferences" in part
        assert "Already booked?" in part
        assert "https://slot.invalid/booked" in part


@every_letter
def test_a_letter_shows_the_red_flags_with_the_clinics_emergency_number(preset: Preset) -> None:
    copy = shipped.copy(preset, emergency_number="112")

    for sign in RED_FLAGS:
        assert sign in copy.html
        assert sign in copy.text
    assert '<a class="alarm-call" href="tel:112"' in copy.html
    assert "(call 112)" in copy.text


@every_mail
def test_the_terms_stand_beside_every_free(preset: Preset) -> None:
    copy = shipped.copy(preset, free_call_terms="Terms of ours")

    free = len(re.findall(r"\bfree\b", re.sub(r"The free call: Terms", "Terms", copy.text)))
    assert free <= 2 * copy.text.count("Terms of ours.")
    assert "15 minutes by phone" not in copy.text


@every_mail
def test_the_subject_and_preheader_keep_the_secret(preset: Preset) -> None:
    assert claims.named("condition", f"{preset.subject} {preset.preheader}") == ""


@pytest.mark.parametrize("preset", UNPROVED, ids=shipped.name)
def test_a_mail_that_may_reach_a_stranger_names_no_condition_and_no_name(preset: Preset) -> None:
    said = shipped.prose(preset)
    assert claims.named("condition", said) == ""
    assert "first_name" not in said


@every_mail
def test_an_empty_profile_still_makes_honest_sentences(preset: Preset) -> None:
    empty = dict.fromkeys(("name", "practitioner", "phone", "booking_url", "first_visit_price", "insurance_note"), "")
    copy = shipped.copy(preset, **empty)

    assert re.findall(r"\{\{|\}\}| ,| \.(?:\s|$)|\bNone\b", copy.text) == []


def test_the_course_has_the_buttons_of_the_plan() -> None:
    buttons = [block["target"] for letter in shipped.COURSE for block in letter.blocks if block["type"] == "button"]

    assert buttons == ["call", "nerve-map", "call", "direct", "ask", "call", "call"]


def test_cost_and_insurance_are_the_clinics_own_words() -> None:
    letter = next(letter for letter in shipped.COURSE if letter.key == "course-8")

    copy = shipped.copy(letter, first_visit_price="CAD 95", insurance_note="We send receipts")

    assert "Cost. CAD 95. We send receipts.\n" in copy.text


def test_the_trial_is_told_with_the_guideline_in_one_breath() -> None:
    letter = next(letter for letter in shipped.COURSE if letter.key == "course-12")

    (paragraph,) = [part for part in shipped.prose(letter).split("\n\n") if "216 people" in part]
    assert "guideline does not recommend" in paragraph


def test_the_invitation_shows_the_next_times_or_where_they_are() -> None:
    letter = next(letter for letter in shipped.COURSE if letter.key == "course-16")
    email = prepare(shipped.compiled(letter))

    with_times = email.fill(recipient(slots={"free_times": "Tuesday: 9:30"}))
    without = email.fill(recipient(slots={"free_times": ""}))

    assert b"Tuesday: 9:30" in with_times
    assert b"You find them on the booking page" in without


def test_the_last_letter_offers_to_talk_to_stay_or_to_stop() -> None:
    letter = next(letter for letter in shipped.COURSE if letter.key == "course-21")
    text = shipped.copy(letter).text

    assert re.findall(r"\((http://127\.0\.0\.1:8000/[up])/", text) == [
        "http://127.0.0.1:8000/p",
        "http://127.0.0.1:8000/u",
    ]


def test_only_an_invitation_waits_for_words_that_nobody_else_knows() -> None:
    left = {preset.key: lint.findings(shipped.draft(preset), shipped.compiled(preset), harbour()) for preset in PLACES}

    assert {key: {finding.code for finding in found} for key, found in left.items()} == {"event": {"left_over"}}
    assert [block["type"] for block in PLACES[0].blocks if "[" in str(block)] == ["columns"]
