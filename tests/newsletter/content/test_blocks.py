from typing import Any

import pytest

from newsletter.content import blocks
from tests.newsletter.content.emails import BUTTON, HEADING, RED_FLAGS, document, text

IMAGE = {"type": "image", "picture": "nerve-map", "alt": "The nerve's path"}


def said(doc: Any) -> list[str]:
    return [str(problem) for problem in blocks.validate(doc)]


def test_one_block_of_each_kind_is_valid() -> None:
    assert said(document(HEADING, text("Hello {{ first_name|there }}, [ask](ask)"), IMAGE, BUTTON, RED_FLAGS)) == []


def test_an_empty_email_can_be_saved() -> None:
    assert said(blocks.empty()) == []


@pytest.mark.parametrize(
    "doc",
    [
        None,
        [],
        {},
        {"version": 3, "blocks": []},
        {"version": 2},
        {"version": 2, "blocks": {}},
        {"version": 2, "blocks": [], "style": "x"},
        {"version": 2, "blocks": [RED_FLAGS] * 41},
    ],
)
def test_what_is_no_document_says_so_once(doc: Any) -> None:
    assert len(said(doc)) == 1


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("x", "Block 2 (?): There is no block of this kind."),
        ({"type": "script"}, "Block 2 (?): There is no block of this kind."),
        ({"type": ["heading"]}, "Block 2 (?): There is no block of this kind."),
        ({**HEADING, "style": "x"}, "Block 2 (heading): It holds something that the editor does not know."),
        ({"type": "text", "text": 7}, "Block 2 (text): It holds something other than text."),
        ({"type": "heading", "text": " "}, "Block 2 (heading): Write the heading, or remove the block."),
        ({"type": "heading", "text": "a\nb"}, "Block 2 (heading): It must be one line."),
        ({"type": "heading", "text": "a" * 201}, "Block 2 (heading): It is longer than 200 characters."),
        ({"type": "text"}, "Block 2 (text): Write the text, or remove the block."),
        ({"type": "text", "text": "a" * 8001}, "Block 2 (text): The text is longer than 8000 characters."),
        (
            {"type": "text", "text": "{{ first_name }}"},
            (
                "Block 2 (text): The field “first_name” may be empty. "
                "Say what to write then, as in {{ first_name|there }}."
            ),
        ),
        (
            text("[a](b)"),
            (
                "Block 2 (text): “b” leads nowhere. Use an address that begins with https://, or one of: "
                "call, direct, ask, article, nerve-map, booked, preferences, unsubscribe, view."
            ),
        ),
        ({"type": "button", "label": "", "target": "ask"}, "Block 2 (button): Write what the button says."),
        ({**IMAGE, "picture": "cat"}, "Block 2 (image): There is no picture with this name."),
        (
            {**IMAGE, "alt": ""},
            "Block 2 (image): Say in the alternative text what the picture shows, for readers who do not see it.",
        ),
        (
            {"type": "red_flags", "text": "x"},
            "Block 2 (red-flag box): It holds something that the editor does not know.",
        ),
    ],
)
def test_a_problem_names_its_block_and_says_what_to_do(block: Any, problem: str) -> None:
    assert said(document(HEADING, block)) == [problem]


def test_every_problem_is_told_at_once() -> None:
    wrong = document({"type": "heading"}, {"type": "button", "label": "Go", "target": "nowhere"}, {"type": "video"})

    assert [problem.where for problem in blocks.validate(wrong)] == [
        "Block 1 (heading)",
        "Block 2 (button)",
        "Block 3 (?)",
    ]


def test_a_confirmation_can_lead_to_its_own_page_and_to_no_name() -> None:
    may = blocks.allowed("transactional", "confirmation")

    assert blocks.validate(document({"type": "button", "label": "Yes", "target": "confirm"}), may) == []
    assert len(blocks.validate(document(text("Hello {{ first_name|there }}")), may)) == 1


@pytest.mark.parametrize("line", ["A\nb", "A\r\nBcc: eve@example.org", "A\u2028b", "{{ nobody }}", "A\ue000b"])
def test_a_subject_is_one_line_with_known_fields(line: str) -> None:
    assert len(blocks.line_problems(line, "subject", blocks.Allowed())) >= 1


def test_the_words_of_a_document_are_those_a_reader_sees() -> None:
    doc = document(HEADING, text("**Hello** {{ first_name|there }}"), BUTTON, RED_FLAGS)

    assert list(blocks.texts(doc)) == [
        ("Block 1 (heading)", "A quiet hour"),
        ("Block 2 (text)", "Hello there"),
        ("Block 3 (button)", "Ask a question"),
    ]
