"""Blocks are inlined one by one; what comes out is what a whole document would have given."""

import re

from newsletter.content import inlining, letterhead, marks
from tests.newsletter.content.emails import harbour

HEAD = letterhead.of(harbour())
SHEET = inlining.stylesheet(HEAD.palette, HEAD.faces)
PIECES = [
    '<h1 class="heading">One</h1>',
    '<table class="wide quote-row"><tr><td class="quote"><p class="quote-text">Two</p></td></tr></table>',
    '<p class="text closing">Three</p>',
    '<div class="column"><p class="source quiet">Four</p></div>',
]


def whole(body: str) -> str:
    return f"<!DOCTYPE html>\n<html><head><title>x</title></head><body>{body}</body></html>"


def test_every_rule_stands_on_a_line_of_its_own_with_tags_or_single_classes_for_selectors() -> None:
    selectors = {selector for found, _ in SHEET for selector in found}

    assert len(SHEET) > 70
    assert {selector for selector in selectors if not re.fullmatch(r"\.[a-z-]+|body|table", selector)} == set()


def test_block_by_block_gives_the_same_as_the_whole_at_once() -> None:
    together = inlining.inline(whole("\n".join(PIECES)), SHEET)
    one_by_one = inlining.inline(whole("HERE"), SHEET).replace(
        "HERE", "".join(inlining.inline_piece(piece, SHEET) for piece in PIECES).strip()
    )

    assert one_by_one == together
    assert "style=" in together


def test_a_later_rule_wins_over_an_earlier_one_as_in_any_browser() -> None:
    piece = inlining.inline_piece('<p class="closing text">x</p>', SHEET)

    assert "margin:22px 0 8px 0" in piece
    assert "font-size:17px" in piece


def test_a_colour_of_the_brand_has_a_sheet_of_its_own() -> None:
    other = letterhead.of(harbour(brand_colour="#5A1740"))

    assert inlining.stylesheet(other.palette, other.faces) != SHEET


def test_links_keep_their_numbers_and_their_order() -> None:
    piece = "".join(
        f'<p class="text"><a class="link" href="{marks.link("click", number)}">x</a></p>' for number in (7, 3, 12)
    )

    found = re.findall(r"click/([0-9]+)", inlining.inline_piece(piece, SHEET))
    assert found == ["7", "3", "12"]


def test_a_piece_that_differs_in_its_links_numbers_only_is_not_inlined_anew() -> None:
    inlining.forget()
    for number in range(5):
        inlining.inline_piece(f'<p class="text"><a class="link" href="{marks.link("click", number)}">x</a></p>', SHEET)

    assert inlining._inlined.cache_info().misses == 1
