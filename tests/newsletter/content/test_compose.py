from typing import Any

import pytest

from newsletter.content import letterhead
from newsletter.content.compose import Composition, compose, speaks_of_free
from tests.newsletter.content.emails import BUTTON, HEADING, compiled, draft, harbour, text

CALL = {"type": "button", "label": "Book the call", "target": "call"}
DIRECT = {"type": "button", "label": "Book a first visit", "target": "direct"}
TERMS = "15 minutes by phone or video, no obligation, not a treatment."


def composed(*blocks: dict[str, Any], profile: dict[str, Any] | None = None, **fields: Any) -> Composition:
    return compose(draft(*blocks, **fields), letterhead.of(harbour(**(profile or {}))))


def ways(composition: Composition) -> list[str]:
    return [way["label"] for way in composition.context["ways"]]


@pytest.mark.parametrize(
    ("button", "others"),
    [
        (CALL, ["Book a visit online", "Ask a question"]),
        (DIRECT, ["Book a free 15-minute call", "Ask a question"]),
        (BUTTON, ["Book a free 15-minute call", "Book a visit online"]),
        (
            {"type": "button", "label": "See the map", "target": "nerve-map"},
            ["Book a free 15-minute call", "Book a visit online", "Ask a question"],
        ),
    ],
)
def test_every_mail_offers_the_ways_out_that_its_button_does_not(button: dict[str, str], others: list[str]) -> None:
    assert ways(composed(HEADING, button)) == others


def test_without_online_booking_nothing_leads_to_it() -> None:
    composition = composed(DIRECT, profile={"booking_url": ""})

    assert ways(composition) == ["Book a free 15-minute call"]
    assert composition.views[0]["label"] == "Ask about a first visit"
    assert {link["goal"] for link in composition.links} == {"ask", "call"}


def test_links_are_numbered_in_the_order_in_which_they_are_met() -> None:
    composition = composed(text("See [the page](article) and [that](https://x.example/a)."), CALL)

    assert composition.links == [
        {"url": "/sciatica", "label": "the page", "goal": "page"},
        {"url": "https://x.example/a", "label": "that", "goal": "page"},
        {"url": "/book", "label": "Book the call", "goal": "call"},
        {"url": "https://booking.harbour.example/visits", "label": "Book a visit online", "goal": "direct"},
        {"url": "/ask", "label": "Ask a question", "goal": "ask"},
    ]
    assert composition.views[1]["href"] == "https://slot.invalid/click/2"


def test_the_recipients_own_links_are_not_counted_as_clicks() -> None:
    composition = composed(text("[Stop](unsubscribe)"), CALL)

    assert composition.views[0]["parts"][0]["runs"][0]["href"] == "https://slot.invalid/unsubscribe"
    assert "Stop" not in [link["label"] for link in composition.links]


def test_the_terms_stand_below_a_button_to_the_call_and_beside_the_way_to_it() -> None:
    assert composed(CALL).views[0]["terms"] == TERMS
    assert [way["terms"] for way in composed(BUTTON).context["ways"]] == [TERMS, ""]


def test_the_terms_stand_below_every_text_that_says_free() -> None:
    blocks = composed(text("The call is free."), text("Come by."), BUTTON).views

    assert [block["terms"] for block in blocks] == [TERMS, "", ""]


def test_the_terms_are_not_said_twice_when_the_button_follows() -> None:
    blocks = composed(text("Book the free call."), CALL).views

    assert [block["terms"] for block in blocks] == ["", TERMS]


def test_a_profile_without_terms_falls_back_on_the_standing_ones() -> None:
    assert composed(CALL, profile={"free_call_terms": " "}).views[0]["terms"] == TERMS


@pytest.mark.parametrize("words", ["A FREE call", "It is free.", "free of charge"])
def test_a_promise_of_something_free_is_heard(words: str) -> None:
    assert speaks_of_free(words)


@pytest.mark.parametrize("words", ["Feel free to write", "the next free times", "drug-free", "freedom", "free to move"])
def test_other_senses_of_free_are_not_promises(words: str) -> None:
    assert not speaks_of_free(words)


def test_the_first_heading_is_the_one_h1() -> None:
    blocks = composed(HEADING, text("Words"), HEADING).views

    assert [block.get("level") for block in blocks] == [1, None, 2]


def test_the_line_on_top_shows_how_far_along_the_course_is() -> None:
    third = composed(HEADING, kind="step", topic="course", place=(3, 7)).context["stroke"]

    assert third == {"states": ["done"] * 3 + ["ahead"] * 4, "number": 3, "total": 7}
    assert composed(HEADING).context["stroke"] == {"states": ["done"], "number": 1, "total": 1}


@pytest.mark.parametrize(
    ("number", "href"),
    [("911", "tel:911"), ("+44 (0)20 7946 0000", "tel:+4402079460000"), ("112 or 999", "tel:112999")],
)
def test_a_number_is_dialled_only_when_it_is_one(number: str, href: str) -> None:
    flags = composed({"type": "red_flags"}, profile={"emergency_number": number}).views[0]

    assert flags["emergency_href"] == (href if "or" not in number else "")


def test_what_staff_typed_into_the_profile_ends_like_a_sentence() -> None:
    fields = letterhead.of(harbour(first_visit_price="CAD 120", insurance_note="Ask us!")).fields

    assert (fields["first_visit_price"], fields["insurance_note"]) == ("CAD 120.", "Ask us!")


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("he", "rtl"), ("xx", "ltr")])
def test_the_letter_runs_as_its_language_does(language: str, direction: str) -> None:
    html = compiled(HEADING, language=language).html

    assert f'<html lang="{language}" dir="{direction}">' in html


def test_transactional_mail_offers_nothing_else() -> None:
    composition = composed(text("Hello"), kind="transactional", key="confirmation", topic="")

    assert (composition.context["ways"], composition.links) == ([], [])
