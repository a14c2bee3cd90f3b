"""Every check of the linter: that it speaks up, where, and that it is quiet again once the email is mended."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import lint
from newsletter.content.findings import FIXES
from tests.newsletter.content.emails import BUTTON, HEADING, RED_FLAGS, draft, harbour, rich, text
from tests.newsletter.content.lint.said import SMALL, WAY_OUT, blocked, codes, found, said

QUIET = text("We have new hours from Monday.")


def test_a_quiet_letter_has_no_findings() -> None:
    assert said(draft(HEADING, QUIET, BUTTON)) == []


@pytest.mark.parametrize("subject", ["", " ", "\u200b\u00ad"])
def test_a_subject_has_to_be_written(subject: str) -> None:
    assert blocked(HEADING, QUIET, BUTTON, subject=subject) == ["Subject: Write a subject."]


def test_a_missing_preheader_is_noted() -> None:
    assert codes(HEADING, QUIET, BUTTON, preheader="") == [("preheader_missing", False)]


@pytest.mark.parametrize(
    "subject",
    ["Re: your question", "RE(2): hello", "FW: hours", "Fwd : hours", "R\u0435: hours", "AW: hours", "re\uff1a hi"],
)
def test_a_subject_that_pretends_to_be_an_answer_blocks(subject: str) -> None:
    (finding,) = [one for one in found(draft(HEADING, QUIET, BUTTON, subject=subject)) if one.blocking]

    assert (finding.code, finding.field, finding.fix) == ("subject_deceptive", "subject", "strip_re")


@pytest.mark.parametrize("subject", ["Read this: new hours", "Reopened", "Forward planning: autumn"])
def test_a_subject_that_only_begins_alike_does_not(subject: str) -> None:
    assert codes(HEADING, QUIET, BUTTON, subject=subject) == []


@pytest.mark.parametrize(("length", "noted"), [(60, []), (61, [("subject_long", False)])])
def test_a_long_subject_is_noted(length: int, noted: list[Any]) -> None:
    assert codes(HEADING, QUIET, BUTTON, subject="a" * length) == noted


@pytest.mark.parametrize("subject", ["OPEN HOURS FROM MONDAY", "Come!!!", "Really?!", "New! Hours! Now"])
def test_shouting_is_noted(subject: str) -> None:
    assert codes(HEADING, QUIET, BUTTON, subject=subject) == [("shouting", False)]


def test_one_word_in_capitals_and_one_exclamation_mark_are_not_shouting() -> None:
    assert codes(HEADING, QUIET, BUTTON, subject="The NICE guideline is out!") == []


@pytest.mark.parametrize("field", ["subject", "preheader"])
@pytest.mark.parametrize(
    "words",
    ["Your sciatica", "That back pain", "Sciatic nerve", "Backache?", "When it is painful: pain", "Sciatic\u00ada"],
)
def test_the_condition_in_the_inbox_is_advice_or_a_bar_as_the_country_says(field: str, words: str) -> None:
    lines = {"subject": "Hello", "preheader": "Hello", field: words}

    mail = (HEADING, QUIET, BUTTON, RED_FLAGS)
    assert codes(*mail, **lines) == [("condition_in_inbox", False)]
    assert codes(*mail, **lines, profile=harbour(jurisdiction="US")) == [("condition_in_inbox", True)]


def test_free_in_the_subject_is_noted() -> None:
    assert said(draft(QUIET, BUTTON, subject="A free call")) == [
        "Subject: The terms of the free call cannot stand beside this line; speak of the call without “free”."
    ]


@pytest.mark.parametrize(
    ("words", "blocks"), [("Sciatica is common.", True), ("a numb foot", False), ("leg pain", False)]
)
def test_symptoms_without_the_red_flag_box_block_where_it_is_about_sciatica(words: str, blocks: bool) -> None:
    assert codes(HEADING, text(words), BUTTON) == [("red_flags_missing", blocks)]
    assert codes(HEADING, text(words), BUTTON, topic="course") == [("red_flags_missing", True)]
    assert codes(HEADING, text(words), BUTTON, RED_FLAGS) == []


FOR_SOME = {"name": "booked", "value": "", "not": True}


def test_a_red_flag_box_for_some_warns_those_who_see_it_only() -> None:
    box, words = {**RED_FLAGS, "id": "rrrrrrrr", "only": FOR_SOME}, text("Sciatica is common.")
    (finding,) = found(draft(HEADING, words, BUTTON, box))

    assert (finding.code, finding.blocking) == ("red_flags_missing", True)
    assert (finding.where, finding.block, finding.fix) == ("Block 4 (red-flag box)", "rrrrrrrr", "show_to_all")
    assert codes(HEADING, {**words, "only": FOR_SOME}, BUTTON, box) == []
    assert codes(HEADING, {**words, "only": {**FOR_SOME, "not": False}}, BUTTON, box) == [("red_flags_missing", True)]
    assert codes(HEADING, words, BUTTON, box, RED_FLAGS) == []


def test_symptoms_in_the_subject_alone_ask_for_the_box_too() -> None:
    subject = "When sciatica comes back"

    assert ("red_flags_missing", True) in codes(HEADING, QUIET, BUTTON, subject=subject)
    assert codes(HEADING, QUIET, BUTTON, RED_FLAGS, subject=subject) == [("condition_in_inbox", False)]


def test_in_a_country_where_a_condition_in_the_inbox_blocks_somebody_can_say_why_it_is_right() -> None:
    (finding,) = found(draft(HEADING, QUIET, BUTTON, RED_FLAGS, subject="Pain in Spain"), harbour(jurisdiction="US"))

    assert (finding.fix, finding.words, finding.sentence, len(finding.key)) == ("override", "Pain", "pain in spain", 32)
    assert codes(HEADING, QUIET, BUTTON, subject="A letter from Spain") == []


def test_a_subject_is_counted_as_people_count() -> None:
    assert codes(HEADING, QUIET, BUTTON, subject="👩‍⚕️" * 60) == []
    assert codes(HEADING, QUIET, BUTTON, subject="👩‍⚕️" * 61) == [("subject_long", False)]


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
        "Book one in two minutes.",
        "20% off for members",
    ],
)
def test_a_number_with_its_source_or_of_another_kind_is_fine(words: str) -> None:
    assert said(draft(text(words), BUTTON)) == []


def test_a_source_that_others_read_does_not_count() -> None:
    source = {**text("Source: Stafford 2007."), "only": FOR_SOME}
    number = {**text("40% of people have it."), "only": FOR_SOME}

    assert codes(text("40% of people have it."), source, BUTTON) == [("number_without_source", False)]
    assert codes(number, source, BUTTON) == []
    assert codes({**number, "only": {**FOR_SOME, "not": False}}, source, BUTTON) == [("number_without_source", False)]


def test_a_study_is_named_with_the_guideline() -> None:
    alone, both = "A trial found that some felt better.", "A trial found that some felt better; guidelines differ."

    assert codes(text(alone), BUTTON) == [("trial_without_guideline", False)]
    assert codes(text(both), BUTTON) == []


def test_a_letter_that_is_empty_for_some_is_noted() -> None:
    assert codes({**QUIET, "only": FOR_SOME}, {**BUTTON, "only": FOR_SOME}) == [("empty_for_some", False)]
    assert codes(QUIET, {**BUTTON, "only": FOR_SOME}, {**BUTTON, "only": {**FOR_SOME, "not": False}}) == []


def test_a_source_in_the_next_block_counts() -> None:
    assert codes(text("40% of people have it."), text("Source: Stafford 2007."), BUTTON) == []
    assert codes(text("40% of people have it."), text("Hello."), text("Source: A."), BUTTON) == [
        ("number_without_source", False)
    ]


@pytest.mark.parametrize(
    "html", ["<p>Hello,</p><p>[Say why you write.]</p>", "<p>{{ first_name|[name] }}</p>", "<p>[one <em>two</em>]</p>"]
)
def test_what_a_preset_left_behind_blocks(html: str) -> None:
    assert blocked(rich(html), BUTTON) == ["Block 1 (text): Replace the words in square brackets with your own."]


def test_a_mail_that_is_only_a_picture_is_noted() -> None:
    image = {"id": "aaaaaaaa", "type": "image", "picture": "nerve-map", "alt": "The nerve " * 30}

    assert codes(image, BUTTON) == [("image_only", False)]
    assert codes(image, text("Here are twenty words about nothing at all. " * 3), BUTTON) == []


def test_one_button_is_advised() -> None:
    assert codes(HEADING) == [("buttons", False)]
    assert codes(BUTTON, BUTTON) == [("buttons", False)]


def test_an_empty_mail_blocks() -> None:
    assert ("empty", True) in codes()


def test_a_button_to_online_booking_that_does_not_exist_is_noted() -> None:
    direct = {"type": "button", "label": "Book", "target": "direct"}

    (finding,) = found(draft(direct), harbour(booking_url=""))
    assert (finding.where, finding.fix) == ("Block 1 (button)", "open_profile")
    assert finding.why.startswith("The clinic's profile has no address for online booking")


def test_marketing_without_a_postal_address_blocks() -> None:
    assert blocked(HEADING, BUTTON, profile=harbour(postal_address=" ")) == [
        "The clinic's profile: The law wants a postal address in it. Enter it in the clinic's profile."
    ]
    assert blocked(HEADING, BUTTON, profile=harbour(postal_address=" "), kind="transactional") == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"text": f"x\n{WAY_OUT}"}, "postal_address_missing"),
        ({"html": "<p>x</p>"}, "unsubscribe_missing"),
        ({"text": "x\n12 Quay Street"}, "unsubscribe_missing"),
    ],
)
def test_a_marketing_mail_owes_its_readers_a_way_out_and_an_address_in_both_parts(changed: Any, code: str) -> None:
    lacking = replace(SMALL, **changed)

    assert [one.code for one in found(draft(HEADING, BUTTON), compiled=lacking) if one.blocking] == [code]
    assert [one.code for one in found(draft(HEADING, BUTTON, kind="transactional"), compiled=lacking)] == []


def test_an_empty_text_part_blocks() -> None:
    found_codes = [
        one.code for one in found(draft(HEADING, BUTTON), compiled=replace(SMALL, text=" \n")) if one.blocking
    ]

    assert "text_empty" in found_codes


def test_a_pale_colour_of_the_clinic_is_noted() -> None:
    assert codes(HEADING, BUTTON, profile=harbour(brand_colour="#FFEE99")) == [("low_contrast", False)]
    assert codes(HEADING, BUTTON, profile=harbour(button_colour="#FFEE99")) == [("low_contrast", False)]


@pytest.mark.parametrize(("size", "blocking"), [(80 * 1024, []), (80 * 1024 + 1, [False]), (95 * 1024 + 1, [True])])
def test_a_large_mail_is_noted_and_a_larger_one_blocked(size: int, blocking: list[bool]) -> None:
    large = replace(SMALL, html=WAY_OUT + "x" * (size - len(WAY_OUT)))

    assert [finding.blocking for finding in found(draft(HEADING, BUTTON), compiled=large)] == blocking


def test_what_blocks_comes_first() -> None:
    all_found = found(draft(text("40% are healed"), subject="A free call"))

    assert [finding.blocking for finding in all_found] == [True, False, False, False]


def test_every_fix_that_is_offered_has_its_label() -> None:
    offered = found(draft(text("40% are healed by sciatica"), subject="RE: FREE CALLS", preheader="A!! miracle"))

    assert {finding.fix for finding in offered} - {"", *FIXES} == set()
    assert all(finding.fix_label for finding in offered if finding.fix)


WORDS = st.text(max_size=60)


@settings(max_examples=60, deadline=None)
@given(subject=WORDS, preheader=WORDS, html=st.one_of(WORDS, WORDS.map(lambda words: f"<p>{words}</p><ul><li>{words}")))
def test_no_words_make_it_raise(subject: str, preheader: str, html: str) -> None:
    written = draft({"type": "heading", "text": html}, rich(html), BUTTON, subject=subject, preheader=preheader)

    assert all(str(finding) for finding in lint.findings(written, None, harbour()))
