"""Blocks that only some readers see: in the finished bytes exactly when their condition holds."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.content import marks
from newsletter.rendering import lint
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import NotMailable, prepare
from newsletter.rendering.preview import read
from tests.newsletter.content import emails
from tests.newsletter.rendering.revisions import NAME, UNSUBSCRIBE, frozen, recipient

FOOT = f'<p><a href="{UNSUBSCRIBE}">leave</a> 12 Quay Street</p>'
SOME = {"name": "has_phone", "value": "", "not": False}
OTHERS = {**SOME, "not": True}


def only(number: int) -> dict[str, object]:
    """One condition of several that differ."""
    return {"name": "signed_up_within", "value": str(number + 1), "not": False}


def within(number: int, words: str) -> str:
    return marks.opening(number) + words + marks.closing(number)


def revision(html: str, text: str = "", conditions=(SOME, OTHERS)):
    text = f"{text or 'Hello'}\nleave: {UNSUBSCRIBE}\n12 Quay Street\n"
    return frozen(html=f"{html}{FOOT}\n", text=text, conditions=list(conditions))


def shown(letter, holds) -> str:
    copy = read(letter.fill(recipient(holds=holds)))
    return copy.html + copy.text


def test_a_block_is_there_for_those_for_whom_its_condition_holds():
    letter = prepare(
        revision(
            f"<p>All</p>{within(0, '<p>Some</p>')}{within(1, '<p>Others</p>')}",
            f"All\n\n{within(0, 'Some' + chr(10) * 2)}{within(1, 'Others' + chr(10) * 2)}",
        )
    )

    found = {
        holds: {word for word in ("All", "Some", "Others") if word in shown(letter, holds)}
        for holds in (frozenset(), frozenset({0}), frozenset({1}), frozenset({0, 1}), frozenset({7}))
    }
    assert found == {
        frozenset(): {"All"},
        frozenset({0}): {"All", "Some"},
        frozenset({1}): {"All", "Others"},
        frozenset({0, 1}): {"All", "Some", "Others"},
        frozenset({7}): {"All"},
    }


def test_a_specimen_for_nobody_shows_every_block():
    letter = prepare(revision(within(0, "<p>Some</p>") + within(1, "<p>Others</p>")))

    assert "Some" in shown(letter, None)
    assert "Others" in shown(letter, None)


def test_what_is_left_out_leaves_no_mark_no_slot_and_no_empty_line():
    block = within(0, f"Dear {NAME}\n\n")
    letter = prepare(revision("<p>Hi</p>", f"One\n\n{block}Two"))

    assert read(letter.fill(recipient(holds=frozenset()))).text.startswith("One\n\nTwo\n")
    assert read(letter.fill(recipient(holds=frozenset({0})))).text.startswith("One\n\nDear Zoe\n\nTwo\n")


def test_a_slot_in_a_block_that_is_left_out_needs_no_value():
    letter = prepare(revision(within(0, f"<p>{marks.words('when')}</p>")))

    assert "12 Quay Street" in shown(letter, frozenset())
    with pytest.raises(Unfillable):
        letter.fill(recipient(holds=frozenset({0})))


def test_readers_for_whom_the_same_holds_share_a_letter_and_others_do_not():
    letter = prepare(revision(within(0, "<p>Some</p>") + within(1, "<p>Others</p>")))

    assert letter.shown_to(frozenset({0})) is letter.shown_to(frozenset({0, 9}))
    assert letter.shown_to(frozenset({0})) is not letter.shown_to(frozenset({1}))
    assert letter.shown_to(frozenset()).blocks == ()


def test_a_letter_without_blocks_is_the_same_for_everybody():
    letter = prepare(frozen())

    assert letter.shown_to(frozenset()) is letter is letter.shown_to(None)


BROKEN = [
    marks.opening(0) + "<p>Some</p>",
    "<p>Some</p>" + marks.closing(0),
    marks.opening(0) + "<p>Some</p>" + marks.closing(1),
    marks.opening(0) + within(1, "<p>Some</p>") + marks.closing(0),
    marks.closing(0) + "<p>Some</p>" + marks.opening(0),
    within(2, "<p>Of no condition</p>"),
]


@pytest.mark.parametrize("html", BROKEN)
def test_edges_that_do_not_fit_let_no_copy_leave(html):
    with pytest.raises(NotMailable):
        prepare(revision(html))


def test_a_mail_that_owes_its_readers_more_without_its_blocks_cannot_leave():
    only_for_some = within(0, FOOT)

    with pytest.raises(NotMailable):
        prepare(replace(revision(""), html=f"<p>Hi</p>{only_for_some}"))


CONDITIONS = st.sampled_from([None, 0, 1, 2])
KINDS = st.sampled_from(["text", "heading", "quote", "button", "columns"])


def block(place: int, kind: str, condition: int | None) -> dict[str, object]:
    """A block with a word of its own in both parts."""
    word = f"Zq{place}w"
    fields = {
        "text": {"text": f"<p>{word} and {{{{ first_name|there }}}}</p><ul><li>.dot</li></ul>"},
        "heading": {"text": word},
        "quote": {"text": f"{word}\nsays", "who": "Robin"},
        "button": {"label": word, "target": "ask"},
        "columns": {"left": f"<p>{word}</p>", "right": "<p>right</p>"},
    }[kind]
    made: dict[str, object] = {"id": f"b{place:07d}", "type": kind, **fields}
    return made if condition is None else {**made, "only": only(condition)}


DOCUMENTS = st.lists(st.tuples(KINDS, CONDITIONS), min_size=1, max_size=6).map(
    lambda drawn: [block(place, *kind_and_condition) for place, kind_and_condition in enumerate(drawn)]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(blocks=DOCUMENTS, true=st.sets(st.sampled_from([0, 1, 2])))
def test_whatever_the_document_a_block_is_in_both_parts_exactly_when_its_condition_holds(blocks, true):
    compiled = emails.compiled(*blocks)
    holds = frozenset(
        place for place, one in enumerate(compiled.conditions) if one in [only(number) for number in true]
    )
    letter = prepare(compiled)
    content = letter.fill(recipient(holds=holds))

    copy = read(content)
    wanted = {f"Zq{place}w" for place, one in enumerate(blocks) if "only" not in one or one["only"] in map(only, true)}
    every = {f"Zq{place}w" for place in range(len(blocks))}
    assert {word for word in every if word in copy.html} == wanted
    assert {word for word in every if word in copy.text} == wanted
    assert lint.problems(content, postal_address="12 Quay Street") == []
    assert "\n\n\n" not in copy.text
