from typing import Any

import pytest

from clinic.models import Clinic
from newsletter.content import lint
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from tests.newsletter.content.emails import BUTTON, HEADING, RED_FLAGS, draft, harbour, text

SMALL = Compiled(subject="", preheader="", html="<p>x</p>", text="x", links=[], sender={})


def said(written: Draft, profile: Clinic | None = None, compiled: Compiled = SMALL) -> list[str]:
    return [str(finding) for finding in lint.findings(written, compiled, profile or harbour())]


def blocked(*blocks: dict[str, Any], profile: Clinic | None = None, **fields: Any) -> list[str]:
    found = lint.findings(draft(*blocks, **fields), SMALL, profile or harbour())
    return [str(finding) for finding in found if finding.blocking]


def test_a_quiet_letter_has_no_findings() -> None:
    assert said(draft(HEADING, text("We have new hours from Monday."), BUTTON)) == []


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Needles cure it.", "cure"),
        ("It CURES.", "cure"),
        ("You will heal.", "heal"),
        ("Healing hands", "heal"),
        ("Relief is guaranteed", "guaranteed"),
        ("permanent relief", "permanent relief"),
        ("a little miracle", "miracle"),
        ("risk-free", "risk-free"),
        ("a pain free life", "pain-free"),
        ("painfree or pain-free", "pain-free"),
        ("come instead of your doctor", "instead of your doctor"),
        ("there are no side effects", "no side effects"),
        ("better than tablets", "better than"),
        ("see before-and-after", "before and after"),
        ("a testimonial", "testimonial"),
        ("I am a specialist", "specialist"),
        ("ask the experts", "expert"),
    ],
)
def test_words_that_no_clinic_can_use_block(words: str, shown: str) -> None:
    assert blocked(text(words), RED_FLAGS, BUTTON) == [f"Block 1 (text): “{shown}” is a word no clinic can use."]


@pytest.mark.parametrize("words", ["Health is more than this.", "Secure parking", "An experience", "especially you"])
def test_words_that_only_look_like_them_do_not(words: str) -> None:
    assert blocked(text(words), BUTTON) == []


def test_a_title_that_the_profile_grants_can_be_said() -> None:
    granted = harbour(practitioner_title="Board-certified pain specialist")

    assert blocked(text("I am a specialist."), RED_FLAGS, BUTTON, profile=granted) == []


@pytest.mark.parametrize("field", ["subject", "preheader"])
@pytest.mark.parametrize(
    "words", ["Your sciatica", "That back pain", "Sciatic nerve", "Backache?", "When it is painful: pain"]
)
def test_the_inbox_never_names_the_condition(field: str, words: str) -> None:
    lines = {"subject": "Hello", "preheader": "Hello", field: words}

    (finding,) = blocked(HEADING, BUTTON, subject=lines["subject"], preheader=lines["preheader"])

    assert "tells everybody who sees the inbox what the reader has" in finding


def test_a_subject_has_to_be_written() -> None:
    assert blocked(HEADING, BUTTON, subject=" ") == ["Subject: Write a subject."]


@pytest.mark.parametrize("words", ["Sciatica is common.", "a numb foot", "tingling toes", "trigger points", "leg pain"])
def test_a_mail_about_symptoms_needs_the_red_flag_box(words: str) -> None:
    (finding,) = blocked(HEADING, text(words), BUTTON)

    assert finding.startswith("Block 2 (text): It speaks of symptoms (“")
    assert blocked(HEADING, text(words), BUTTON, RED_FLAGS) == []


def test_a_number_without_a_source_is_noted() -> None:
    assert said(draft(text("40% of people have it."), BUTTON)) == [
        "Block 1 (text): Name the source beside the number (“40%”), in a line that begins with “Source:”."
    ]


@pytest.mark.parametrize(
    "words",
    [
        "40% of people have it.\n\nSource: Stafford 2007.",
        "It takes 6 weeks (NHS).",
        "216 people (Tu et al., 2024)",
        "The call takes 15 minutes.",
        "Seven letters in three weeks.",
    ],
)
def test_a_number_with_its_source_or_of_another_kind_is_fine(words: str) -> None:
    assert said(draft(text(words), BUTTON)) == []


def test_acupuncture_for_something_is_advice_in_canada_and_a_bar_in_the_united_kingdom() -> None:
    written = draft(text("Acupuncture for runners"), BUTTON)

    assert [finding.blocking for finding in lint.findings(written, SMALL, harbour(jurisdiction="CA"))] == [False]
    assert [finding.blocking for finding in lint.findings(written, SMALL, harbour(jurisdiction="UK"))] == [True]


def test_what_a_starter_left_behind_blocks() -> None:
    assert blocked(text("Hello,\n\n[Say why you write.]"), BUTTON) == [
        "Block 1 (text): Replace the words in square brackets with your own."
    ]


def test_one_button_is_advised() -> None:
    assert len(said(draft(HEADING))) == 1
    assert len(said(draft(BUTTON, BUTTON))) == 1


def test_a_button_to_online_booking_that_does_not_exist_is_noted() -> None:
    direct = {"type": "button", "label": "Book", "target": "direct"}

    assert said(draft(direct), profile=harbour(booking_url="")) == [
        "The clinic's profile has no address for online booking, so the button leads to the question form."
    ]


def test_marketing_without_a_postal_address_blocks() -> None:
    assert blocked(HEADING, BUTTON, profile=harbour(postal_address=" ")) == [
        "The law wants a postal address in it. Enter it in the clinic's profile."
    ]


def test_free_in_the_subject_is_noted() -> None:
    assert said(draft(BUTTON, subject="A free call")) == [
        "Subject: The terms of the free call cannot stand beside this line; speak of the call without “free”."
    ]


@pytest.mark.parametrize(("size", "blocking"), [(80 * 1024, []), (80 * 1024 + 1, [False]), (95 * 1024 + 1, [True])])
def test_a_large_mail_is_noted_and_a_larger_one_blocked(size: int, blocking: list[bool]) -> None:
    large = Compiled(subject="", preheader="", html="x" * size, text="x", links=[], sender={})

    assert [finding.blocking for finding in lint.findings(draft(HEADING, BUTTON), large, harbour())] == blocking


def test_what_blocks_comes_first() -> None:
    found = lint.findings(draft(text("40% are healed"), subject="A free call"), SMALL, harbour())

    assert [finding.blocking for finding in found] == [True, False, False, False]
