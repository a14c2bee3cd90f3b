import pytest

from newsletter.content import marks
from newsletter.content.marks import Mark


def test_a_text_is_split_into_literals_and_marks() -> None:
    text = f"Hello {marks.words('first_name', 'there')}, see {marks.link('click', 12)} or {marks.link('booked')}"

    assert marks.split(text) == [
        "Hello ",
        Mark("first_name", "there", is_link=False, number=""),
        ", see ",
        Mark("click", "", is_link=True, number="12"),
        " or ",
        Mark("booked", "", is_link=True, number=""),
    ]


def test_a_text_without_marks_is_one_literal() -> None:
    assert marks.split("A quiet hour") == ["A quiet hour"]
    assert marks.split("") == []


@pytest.mark.parametrize("text", ["https://SLOT.invalid/click/1", "a\ue000b", "\ue001", "\ue002"])
def test_what_could_be_taken_for_a_mark_is_recognised(text: str) -> None:
    assert marks.are_in(text)


def test_plain_words_are_no_marks() -> None:
    assert not marks.are_in("A slot on Tuesday is {{ free }}")


def test_the_edges_of_a_block_that_only_some_see_are_marks_with_the_number_of_their_condition() -> None:
    parts = marks.split(f"before{marks.opening(0)}inside{marks.closing(0)}{marks.link('click', 12)}")

    assert parts == [
        "before",
        Mark("opening", "", is_link=False, number="0"),
        "inside",
        Mark("closing", "", is_link=False, number="0"),
        Mark("click", "", is_link=True, number="12"),
    ]
    assert [part.is_edge for part in parts if isinstance(part, Mark)] == [True, True, False]
    assert not marks.split(marks.words("opening", "x"))[0].is_edge
