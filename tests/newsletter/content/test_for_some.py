"""Blocks that only some readers see: where they begin and end, and what they must not carry."""

import re

import pytest

from newsletter.content import marks
from tests.newsletter.content.emails import HEADING, compiled, text

CALL = {"type": "button", "label": "Book the call", "target": "call"}
RECENT = {"name": "signed_up_within", "value": "30"}
NEVER_BOOKED = {"name": "booked", "not": True}


def dropped(part: str, *numbers: int) -> str:
    """Without the blocks of these conditions, and without the edges of the others."""
    for number in numbers:
        part = re.sub(f"{marks.opening(number)}.*?{marks.closing(number)}", "", part, flags=re.DOTALL)
    return re.sub(f"{marks.OPEN}(opening|closing)/[0-9]+{marks.CLOSE}", "", part)


def test_a_block_for_some_stands_between_edges_with_the_number_of_its_condition() -> None:
    email = compiled(
        HEADING,
        {**text("For those."), "only": RECENT},
        {**text("For others."), "only": NEVER_BOOKED},
        text("For all."),
        {**text("Again for those."), "only": RECENT},
    )

    assert email.conditions == [RECENT, NEVER_BOOKED]
    for part in (email.html, email.text):
        found = [mark for mark in marks.split(part) if isinstance(mark, marks.Mark) and mark.is_edge]
        assert [(mark.name, mark.number) for mark in found] == [
            ("opening", "0"),
            ("closing", "0"),
            ("opening", "1"),
            ("closing", "1"),
            ("opening", "0"),
            ("closing", "0"),
        ]


@pytest.mark.parametrize(
    ("without", "left"),
    [
        ((0,), "A quiet hour\n\nFor others.\n\nFor all.\n\n----"),
        ((1,), "A quiet hour\n\nFor those.\n\nFor all.\n\nAgain for those.\n\n----"),
        ((0, 1), "A quiet hour\n\nFor all.\n\n----"),
        ((), "A quiet hour\n\nFor those.\n\nFor others.\n\nFor all.\n\nAgain for those.\n\n----"),
    ],
)
def test_whoever_does_not_see_a_block_sees_no_gap_either(without: tuple[int, ...], left: str) -> None:
    email = compiled(
        HEADING,
        {**text("For those."), "only": RECENT},
        {**text("For others."), "only": NEVER_BOOKED},
        text("For all."),
        {**text("Again for those."), "only": RECENT},
    )

    assert left in dropped(email.text, *without)
    assert (
        dropped(email.html, *without)
        == compiled(
            HEADING,
            *([] if 0 in without else [text("For those.")]),
            *([] if 1 in without else [text("For others.")]),
            text("For all."),
            *([] if 0 in without else [text("Again for those.")]),
        ).html
    )


def test_what_only_some_see_offers_no_way_out_and_is_no_first_heading() -> None:
    email = compiled({**HEADING, "only": RECENT}, {**CALL, "only": RECENT}, subject="For all")

    assert re.findall(r"<h1[^>]*>(.*?)</h1>", email.html) == ["For all"]
    assert [link["goal"] for link in email.links] == ["call", "call", "direct", "ask"]


def test_the_terms_stay_with_a_text_when_only_some_see_the_button_that_would_say_them() -> None:
    terms = "The free call:"

    assert compiled(text("A free call."), {**CALL, "only": RECENT}).text.count(terms) == 2
    both = compiled({**text("A free call."), "only": RECENT}, {**CALL, "only": RECENT})
    assert both.text.count(terms) == 1


def test_the_same_condition_written_in_another_way_is_the_same() -> None:
    longer = {**NEVER_BOOKED, "value": ""}

    assert compiled(text("x"), {**text("y"), "only": NEVER_BOOKED}, {**text("z"), "only": longer}).conditions == [
        NEVER_BOOKED
    ]


def test_a_block_without_words_leaves_no_empty_lines_to_those_who_see_it() -> None:
    decoration = {"type": "image", "picture": "nerve-map", "decorative": True, "only": RECENT}

    assert "\n\n\n" not in dropped(compiled(text("One"), decoration, text("Two")).text)


def test_conditions_make_another_revision() -> None:
    assert compiled(text("x")).digest != compiled({**text("x"), "only": RECENT}).digest
