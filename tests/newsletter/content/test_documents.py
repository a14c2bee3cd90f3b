"""Older documents say the same afterwards."""

from typing import Any

import pytest

from newsletter.content import blocks, documents
from tests.newsletter.content.emails import compiled

FIRST: dict[str, Any] = {
    "version": 1,
    "blocks": [
        {"type": "heading", "text": "From {{ clinic_name }}"},
        {"type": "text", "text": "Hello {{ first_name|there }},\n\n- **one** & <b>\n- [two](call)\n\nSource: NHS."},
        {"type": "image", "name": "nerve-map", "alt": "The path", "caption": "So it runs."},
        {"type": "button", "label": "Ask {{ practitioner|us }}", "target": "ask"},
        {"type": "red_flags"},
    ],
}


def test_the_first_version_becomes_the_second() -> None:
    upgraded = documents.upgrade(FIRST)

    assert blocks.validate(upgraded) == []
    assert [{name: value for name, value in block.items() if name != "id"} for block in upgraded["blocks"]] == [
        {"type": "heading", "text": "From {{ clinic_name|the clinic }}"},
        {
            "type": "text",
            "text": (
                "<p>Hello {{ first_name|there }},</p><ul><li><strong>one</strong> &amp; &lt;b&gt;</li>"
                '<li><a href="call">two</a></li></ul><p>Source: NHS.</p>'
            ),
        },
        {"type": "image", "picture": "nerve-map", "alt": "The path", "caption": "So it runs."},
        {"type": "button", "label": "Ask {{ practitioner|us }}", "target": "ask"},
        {"type": "red_flags"},
    ]


def test_an_upgraded_document_is_clean_and_stays_as_it_is() -> None:
    upgraded = documents.upgrade(FIRST)

    assert blocks.clean(upgraded) == upgraded
    assert documents.upgrade(upgraded) is upgraded


def test_upgrading_twice_gives_the_same_ids() -> None:
    assert documents.upgrade(FIRST) == documents.upgrade(FIRST)


def test_an_old_document_compiles_as_it_is() -> None:
    assert "Hello" in compiled(*FIRST["blocks"][:1], body=FIRST).text


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"version": 1},
        {"version": 1, "blocks": {}},
        {"version": 3, "blocks": []},
        {"version": "1", "blocks": []},
    ],
)
def test_what_is_no_older_document_comes_back_as_it_is(document: Any) -> None:
    assert documents.upgrade(document) is document


def test_what_could_not_be_read_before_is_still_told() -> None:
    upgraded = documents.upgrade({"version": 1, "blocks": [{"type": "video"}, "x", {"type": "text", "text": 7}]})

    assert [problem.code for problem in blocks.validate(upgraded)] == ["unknown_block", "unknown_block", "wrong_value"]
