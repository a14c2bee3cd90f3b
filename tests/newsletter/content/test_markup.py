from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import markup
from newsletter.content.markup import Paragraph, Points, Span


def words(text: str) -> Span:
    return Span("words", text)


def test_an_empty_line_parts_paragraphs_and_a_line_break_stays() -> None:
    assert markup.parse("One\ntwo\n\n\nthree\r\n") == [
        Paragraph((words("One\ntwo"),)),
        Paragraph((words("three"),)),
    ]


def test_lines_that_begin_with_a_dash_are_points() -> None:
    assert markup.parse("Bring:\n- a towel\n- time\nThat is all.") == [
        Paragraph((words("Bring:"),)),
        Points(((words("a towel"),), (words("time"),))),
        Paragraph((words("That is all."),)),
    ]


def test_strong_stressed_and_linked_words_are_told_apart() -> None:
    (paragraph,) = markup.parse("A **strong** and a *soft* word, and [a link](call).")

    assert paragraph == Paragraph(
        (
            words("A "),
            Span("strong", "strong"),
            words(" and a "),
            Span("stress", "soft"),
            words(" word, and "),
            Span("link", "a link", "call"),
            words("."),
        )
    )


def test_stars_and_brackets_that_mean_nothing_stay_as_they_are() -> None:
    text = "2 * 3 * 4, 2*3*4, ** and [so on] (see below)"

    assert markup.parse(text) == [Paragraph((words(text),))]


def test_marks_inside_a_field_belong_to_the_field() -> None:
    assert markup.parse("{{ a|*b* }} c") == [Paragraph((words("{{ a|*b* }} c"),))]


def test_a_field_can_be_strong_or_linked() -> None:
    assert markup.parse("**{{ when }}**")[0] == Paragraph((Span("strong", "{{ when }}"),))


def test_a_paragraph_that_names_a_source_is_set_apart() -> None:
    assert markup.parse("Sources: NHS.\n\nsource: Tu.\n\nResources: none.") == [
        Paragraph((words("Sources: NHS."),), is_source=True),
        Paragraph((words("source: Tu."),), is_source=True),
        Paragraph((words("Resources: none."),), is_source=False),
    ]


def test_the_targets_of_links_are_found_in_paragraphs_and_points() -> None:
    assert list(markup.links("[a](call) [b](https://x.example)\n\n- [c](ask)")) == ["call", "https://x.example", "ask"]


def test_the_plain_words_have_no_marks() -> None:
    assert markup.plain("**Hello**\n\n- a [link](call)") == "Hello\n\na link"


@settings(deadline=None)
@given(st.text(alphabet="*[]() -\n{}|ab"))
def test_any_text_can_be_read_and_loses_no_letter(text: str) -> None:
    assert [c for c in markup.plain(text) if c in "ab"] == [c for c in _without_targets(text) if c in "ab"]


def _without_targets(text: str) -> str:
    targets = list(markup.links(text))
    for target in targets:
        text = text.replace(f"]({target})", "]()", 1)
    return text
