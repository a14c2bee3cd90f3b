"""Two versions side by side: what was added, what was taken away, what moved; the same words are the same."""

from typing import Any

from newsletter.content import compare
from newsletter.content.compare import Piece, Row
from newsletter.content.models import EmailRevision


def block(key: str, **fields: Any) -> dict[str, Any]:
    return {"id": key * 8, "type": "text", **fields}


def revision(*blocks: Any, subject: str = "News", body: Any = None) -> EmailRevision:
    return EmailRevision(
        subject=subject, preheader="", body={"version": 2, "blocks": list(blocks)} if body is None else body
    )


def rows(old: EmailRevision, new: EmailRevision) -> list[Row]:
    """Of the blocks alone."""
    return compare.compared(old, new)[2:]


def said(pieces: tuple[Piece, ...]) -> str:
    """The pieces with what is changed in brackets."""
    return "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in pieces)


def test_changed_words_are_marked_on_both_sides() -> None:
    old, new = compare.words("We open on Monday at nine.", "We open on Tuesday at nine!")

    assert said(old) == "We open on [Monday] at nine[.]"
    assert said(new) == "We open on [Tuesday] at nine[!]"


def test_the_same_words_are_one_piece() -> None:
    old, new = compare.words("Just the same.", "Just the same.")

    assert old == new == (Piece("Just the same."),)


def test_a_block_is_known_by_its_id_wherever_it_stands() -> None:
    a, b, c = (block(key, text=f"<p>{key}</p>") for key in "abc")

    found = rows(revision(a, b, c), revision(c, a, b))

    assert {row.state for row in found} == {"same"}
    assert [said(row.new) for row in found] == ["c", "a", "b"]
    assert sum(row.is_moved for row in found) in {1, 2}


def test_what_is_new_and_what_is_gone_stand_where_they_were() -> None:
    a, b, c = (block(key, text=f"<p>{key}</p>") for key in "abc")

    found = rows(revision(a, b), revision(a, c))

    assert [(row.state, said(row.old), said(row.new)) for row in found] == [
        ("same", "a", "a"),
        ("removed", "[b]", ""),
        ("added", "", "[c]"),
    ]


def test_a_link_that_leads_elsewhere_is_a_change() -> None:
    old, new = (block("a", text=f'<p><a href="{target}">Read</a></p>') for target in ("article", "ask"))

    (row,) = rows(revision(old), revision(new))

    assert (row.state, said(row.old), said(row.new)) == (
        "changed",
        "Read\n(leads to: [article])",
        "Read\n(leads to: [ask])",
    )


def test_who_sees_a_block_is_a_part_of_it() -> None:
    old, new = block("a", text="<p>Hi</p>"), block("a", text="<p>Hi</p>", only={"name": "language", "value": "en"})

    (row,) = rows(revision(old), revision(new))

    assert row.state == "changed"
    assert "shown only to some: who read English" in said(row.new)


def test_subject_and_preheader_come_first() -> None:
    subject, preheader = compare.compared(revision(subject="Old"), revision(subject="New"))

    assert (subject.name, subject.state, said(subject.new)) == ("Subject", "changed", "[New]")
    assert (preheader.name, preheader.state) == ("Preheader", "same")


def test_documents_of_an_older_version_are_compared_as_they_would_be_today() -> None:
    old = revision(body={"version": 1, "blocks": [{"type": "text", "text": "Hello **you**"}]})
    now = block("x", text="<p>Hello <strong>you</strong></p>")

    found = rows(old, revision(now))

    assert [said(row.old) or said(row.new) for row in found] == ["[Hello you]", "[Hello you]"]


def test_what_cannot_be_read_breaks_nothing() -> None:
    strange = [
        None,
        5,
        "x",
        {"id": 5, "type": []},
        {"type": "video"},
        {"type": "text", "text": 5},
        {"only": "x", "type": "divider"},
    ]

    bodies: list[Any] = [{}, [], None, {"version": 2}, {"version": 2, "blocks": strange}]

    for body in bodies:
        assert len(compare.compared(revision(body=body or {}), revision(block("a", text="<p>Hi</p>")))) >= 3


def test_very_long_texts_are_compared_in_no_time() -> None:
    old, new = ("word " * 1500 + "end", "word " * 1490 + "other end")

    before, after = compare.words(old, new)

    assert "".join(piece.text for piece in before) == old
    assert "".join(piece.text for piece in after) == new


def test_pictures_and_places_go_by_the_names_that_people_gave_them() -> None:
    old = {"id": "aaaaaaaa", "type": "image", "picture": "p/abc.png", "alt": "A door", "target": "call"}
    new = {**old, "picture": "p/def.png", "target": "https://harbour.example"}
    names = {"p/abc.png": "front door", "p/def.png": "side door", "call": "Book a free call"}

    (row,) = compare.compared(revision(old), revision(new), names)[2:]

    assert said(row.old) == "(picture: [front] door)\n(alternative text: A door)\n(leads to: [Book a free call])"
    assert "[side] door" in said(row.new)
    assert "p/" not in said(row.old) + said(row.new)


def test_merge_fields_are_read_as_the_editor_shows_them() -> None:
    old, new = (block("a", text=f"<p>Call {{{{ phone|{fallback} }}}}</p>") for fallback in ("us", "Dana"))

    (row,) = compare.compared(revision(old), revision(new), {"{{ phone }}": "clinic's phone number"})[2:]

    assert said(row.new) == "Call [clinic's phone number, or “[Dana]”]"
    subject = compare.compared(revision(subject="{{ when }}"), revision())[0]
    assert said(subject.old) == "[[when]]"
