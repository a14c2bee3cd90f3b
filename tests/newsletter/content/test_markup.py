from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import markup, richtext
from newsletter.content.richtext import Paragraph, Points, Span


def words(text: str) -> Span:
    return Span(text)


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
            Span("strong", strong=True),
            words(" and a "),
            Span("soft", stress=True),
            words(" word, and "),
            Span("a link", link="call"),
            words("."),
        )
    )


def test_stars_and_brackets_that_mean_nothing_stay_as_they_are() -> None:
    text = "2 * 3 * 4, 2*3*4, ** and [so on] (see below)"

    assert markup.parse(text) == [Paragraph((words(text),))]


def test_marks_inside_a_field_belong_to_the_field() -> None:
    assert markup.parse("{{ a|*b* }} c") == [Paragraph((words("{{ a|*b* }} c"),))]


def test_a_field_can_be_strong_or_linked() -> None:
    assert markup.parse("**{{ when }}**")[0] == Paragraph((Span("{{ when }}", strong=True),))


def test_a_paragraph_that_names_a_source_is_set_apart() -> None:
    parts = markup.parse("Sources: NHS.\n\nsource: Tu.\n\nResources: none.")

    assert [isinstance(part, Paragraph) and part.is_source for part in parts] == [True, True, False]


def test_it_becomes_the_same_as_rich_text() -> None:
    text = "A **strong** <b> & [link](call).\nNext\n\n- one\n- *two*"

    assert markup.html(text) == (
        '<p>A <strong>strong</strong> &lt;b&gt; &amp; <a href="call">link</a>.<br>Next</p>'
        "<ul><li>one</li><li><em>two</em></li></ul>"
    )
    assert list(richtext.parse(markup.html(text))) == markup.parse(text)


@settings(deadline=None)
@given(st.text(alphabet="*[]() -\n{}|ab<&"))
def test_any_text_can_be_read_and_loses_no_letter(text: str) -> None:
    parts = markup.parse(text)

    assert letters(richtext.plain(parts)) == letters(without_targets(text, parts))
    assert list(richtext.parse(markup.html(text))) == [part for part in parts if richtext.write([part]) not in EMPTY]


EMPTY = {"<p></p>", "<ul></ul>"}


def letters(text: str) -> list[str]:
    return [letter for letter in text if letter in "ab<&"]


def without_targets(text: str, parts: list[richtext.Part]) -> str:
    for target in richtext.links(parts):
        text = text.replace(f"]({target})", "]()", 1)
    return text
