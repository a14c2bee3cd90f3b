import re
from typing import Any

import pytest

from newsletter.content import blocks, documents
from tests.newsletter.content.emails import BUTTON, HEADING, RED_FLAGS, document, text

IMAGE = {"type": "image", "picture": "nerve-map", "alt": "The nerve's path"}


EVERY: list[dict[str, Any]] = [
    HEADING,
    {"type": "text", "text": '<p>Hello {{ first_name|there }}, <a href="ask">ask</a></p>'},
    IMAGE,
    {"type": "image", "picture": "trigger-points", "decorative": True},
    BUTTON,
    {"type": "divider"},
    {"type": "quote", "text": "Slowly,\nand well.", "who": "Dana"},
    {"type": "columns", "left": "<p>Left</p>", "right": "<ul><li>Right</li></ul>"},
    {"type": "article", "title": "The map", "text": "A line.", "target": "nerve-map", "label": "Look at it"},
    {"type": "signature", "closing": "Warmly,"},
    RED_FLAGS,
    {"type": "free_times", "heading": "Next times", "fallback": "Ask us."},
]


def said(doc: Any) -> list[str]:
    return [str(problem) for problem in blocks.validate(doc)]


def test_one_block_of_each_kind_is_valid() -> None:
    assert {block["type"] for block in EVERY} == set(blocks.KINDS)
    assert said(document(*EVERY)) == []
    assert blocks.shape_problems(document(*EVERY)) == []


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
        (
            {"type": "button", "label": "Go", "target": ""},
            "Block 2 (button): Say where it leads.",
        ),
        (
            {**IMAGE, "alt": "", "decorative": True, "target": "ask"},
            "Block 2 (image): The picture is a link, so say in the alternative text where it leads.",
        ),
        ({"type": "image"}, "Block 2 (image): Choose a picture, or remove the block."),
        ({"type": "quote", "text": " "}, "Block 2 (quote): Write the text, or remove the block."),
        (
            {"type": "columns", "left": "<p>x</p>", "right": "<p> </p>"},
            "Block 2 (two columns): Write the right column, or use a text block instead.",
        ),
        (
            {"type": "article", "title": "", "target": "article", "label": "Read"},
            "Block 2 (article card): Write the title of the article.",
        ),
        (
            {"type": "free_times", "fallback": ""},
            "Block 2 (next free times): Say what to write when no time is free.",
        ),
        (
            {"type": "text", "text": "<p><a href='javascript:alert(1)'>x</a></p>"},
            "Block 2 (text): A link has no address. Choose where it leads, or take the link away.",
        ),
        ({**HEADING, "text": "a\u202eb"}, "Block 2 (heading): It contains characters that cannot be mailed."),
        (
            {**HEADING, "only": {"name": "nobody knows"}},
            "Block 2 (heading): There is no condition “nobody knows” any more.",
        ),
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
                "Block 2 (text): The field “The reader's first name” may be empty. "
                "Say what to write when we do not know it."
            ),
        ),
        (
            text("[a](b)"),
            (
                "Block 2 (text): “b” leads nowhere. Choose a page from the menu, or write a whole address: "
                "https:// and the rest."
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


def test_a_problem_knows_its_block_and_field_by_name() -> None:
    wrong = document({"id": "abcd1234", "type": "button", "label": "Go", "target": "nowhere"})

    (problem,) = blocks.validate(wrong)
    assert (problem.code, problem.block, problem.field) == ("bad_target", "abcd1234", "target")
    (of_line,) = blocks.line_problems("{{ nobody }}", "subject", blocks.Allowed())
    assert (of_line.where, of_line.code, of_line.block, of_line.field) == ("Subject", "unknown_field", "", "subject")


def test_a_fallback_for_free_times_holds_no_field_of_the_reader() -> None:
    wrong = document({"type": "free_times", "fallback": "Ask us, {{ first_name|you }}."})

    assert [problem.code for problem in blocks.validate(wrong)] == ["unknown_field"]
    may = blocks.allowed("transactional", "confirmation")
    right = document({"type": "free_times", "fallback": "Ask us."})
    assert [problem.code for problem in blocks.validate(right, may)] == ["no_free_times"]


@pytest.mark.django_db
def test_a_picture_that_the_library_does_not_have_is_a_problem() -> None:
    (problem,) = blocks.validate(document({**IMAGE, "picture": "p/none"}))

    assert (problem.code, problem.field) == ("no_picture", "picture")


def test_half_a_mail_can_be_stored_and_not_compiled() -> None:
    half = document({"type": "heading", "text": ""}, {"type": "image"}, {"type": "button", "label": "", "target": "ca"})

    assert blocks.shape_problems(half) == []
    assert [problem.code for problem in blocks.validate(half)] == ["missing", "missing", "missing", "bad_target"]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ({"type": "video"}, "unknown_block"),
        (["heading"], "unknown_block"),
        ({"type": "heading", "text": 7}, "wrong_value"),
        ({"type": "image", "decorative": "yes"}, "wrong_value"),
        ({"type": "heading", "id": 7}, "wrong_value"),
        ({"type": "heading", "html": "<b>"}, "unknown_value"),
        ({"type": "text", "text": "x" * 40_001}, "too_large"),
        ({"type": "heading", "only": "tagged"}, "wrong_condition"),
        ({"type": "heading", "only": {"name": "tagged", "value": 7}}, "wrong_condition"),
        ({"type": "heading", "only": {"name": "tagged", "value": "x" * 201}}, "wrong_condition"),
        ({"type": "heading", "only": {"sql": "1=1"}}, "wrong_condition"),
    ],
)
def test_what_the_editor_never_writes_cannot_be_stored(block: Any, code: str) -> None:
    assert [problem.code for problem in blocks.shape_problems(document(HEADING, block))] == [code]


@pytest.mark.parametrize(
    "paste",
    ["x" * 5_000_000, "<b>" * 1_700_000, "<p>" + "é" * 5_000_000],
)
def test_a_paste_of_five_megabytes_is_refused_before_it_is_read(paste: str) -> None:
    (problem,) = blocks.validate(document(HEADING, {"type": "text", "text": paste}))

    assert problem.code == "too_large"
    assert str(problem) == "The email is larger than 400000 characters. What was pasted last is too long for a letter."


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_what_is_no_json_is_no_document(value: Any) -> None:
    (problem,) = blocks.shape_problems({"version": 2, "blocks": [{"type": "heading", "text": value}]})

    assert problem.code == "too_large"


def test_cleaning_makes_rich_text_safe_and_gives_every_block_an_id_of_its_own() -> None:
    dirty = document(
        {"type": "text", "text": "<div onclick=x>Hello<script>alert(1)</script></div>"},
        {"id": "same0000", "type": "heading", "text": "One\r\ntwo\u202e"},
        {"id": "same0000", "type": "quote", "text": "a\r\nb\0", "only": {"name": "tagged", "value": "x"}},
        {"id": "No good!", "type": "divider"},
    )

    cleaned = blocks.clean(dirty)

    text_block, heading, quote, _divider = cleaned["blocks"]
    assert text_block["text"] == "<p>Hello</p>"
    assert heading == {"id": "same0000", "type": "heading", "text": "One two"}
    assert (quote["text"], quote["only"]) == ("a\nb", {"name": "tagged", "value": "x"})
    ids = [block["id"] for block in cleaned["blocks"]]
    assert len(set(ids)) == 4
    assert [key for key in ids if re.fullmatch("[a-z0-9]{8}", key)] == ids
    assert blocks.clean(cleaned) == cleaned


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


@pytest.mark.parametrize(
    "line",
    [
        "🧘\u200d♀️ Breathe",
        "For \u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "Zoë, 9°",
        "👩🏽\u200d⚕️ 🏴\U000e0067\U000e0062\U000e007f",
    ],
)
def test_emoji_and_joined_letters_can_stand_in_a_subject(line: str) -> None:
    assert blocks.line_problems(line, "subject", blocks.Allowed()) == []


@pytest.mark.parametrize(
    "block",
    [
        {"type": "heading", "text": "Free: {{ free_times|soon }}"},
        {"type": "button", "label": "{{ free_times|soon }}", "target": "call"},
        {**IMAGE, "alt": "{{ free_times|soon }}"},
    ],
)
def test_what_comes_out_as_several_lines_cannot_stand_in_one(block: dict[str, Any]) -> None:
    assert [problem.code for problem in blocks.validate(document(block))] == ["unknown_field"]
    assert [problem.code for problem in blocks.line_problems("{{ free_times|x }}", "subject", blocks.Allowed())] == [
        "unknown_field"
    ]
    assert said(document({"type": "quote", "text": "{{ free_times|soon }}"})) == []


def test_a_version_that_is_no_number_is_no_document() -> None:
    assert [problem.code for problem in blocks.validate(documents.upgrade({"version": [], "blocks": []}))] == [
        "version"
    ]


def test_what_is_pasted_around_an_address_goes_away() -> None:
    (button,) = blocks.clean(document({"type": "button", "label": "Go", "target": " https://x.example/\n"}))["blocks"]

    assert button["target"] == "https://x.example/"


FOR_SOME = {"name": "tagged", "value": "leg pain"}
ALL, SOME, SAME, OTHERS = (
    {"type": "divider"},
    {"type": "divider", "only": FOR_SOME},
    {"type": "divider", "only": {**FOR_SOME, "not": False}},
    {"type": "divider", "only": {**FOR_SOME, "not": True}},
)


@pytest.mark.parametrize(
    ("block", "seen_by"),
    [(ALL, [ALL, SOME, SAME, OTHERS]), (SOME, [SOME, SAME]), (SAME, [SOME, SAME]), (OTHERS, [OTHERS])],
)
def test_a_block_reaches_everybody_or_those_of_the_same_condition_however_it_is_written(
    block: dict[str, Any], seen_by: list[dict[str, Any]]
) -> None:
    assert [other for other in (ALL, SOME, SAME, OTHERS) if blocks.reaches(block, other)] == seen_by


def test_words_are_found_in_every_field_that_a_reader_sees() -> None:
    found = [(said.field, said.words) for said in blocks.words(document(*EVERY[6:]))]

    assert found == [
        ("text", "Slowly,\nand well."),
        ("who", "Dana"),
        ("left", "Left"),
        ("right", "Right"),
        ("title", "The map"),
        ("text", "A line."),
        ("label", "Look at it"),
        ("closing", "Warmly,"),
        ("heading", "Next times"),
        ("fallback", "Ask us."),
    ]


def test_the_words_of_a_document_are_those_a_reader_sees() -> None:
    doc = document(HEADING, text("**Hello** {{ first_name|there }}"), BUTTON, RED_FLAGS)

    assert list(blocks.texts(doc)) == [
        ("Block 1 (heading)", "A quiet hour"),
        ("Block 2 (text)", "Hello there"),
        ("Block 3 (button)", "Ask a question"),
    ]
