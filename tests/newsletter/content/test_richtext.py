"""Rich text: any HTML in, our few tags out, no word lost, and nothing that is not words."""

import re
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import richtext
from newsletter.content.blocks.schema import LONGEST_FIELD
from newsletter.content.richtext import Paragraph, Points, Span


def test_strong_stressed_and_linked_words_can_be_all_three() -> None:
    html = '<p>See <a href="call">the <strong>free <em>call</em></strong></a>.</p>'

    assert richtext.parse(html) == (
        Paragraph(
            (
                Span("See "),
                Span("the ", link="call"),
                Span("free ", strong=True, link="call"),
                Span("call", strong=True, stress=True, link="call"),
                Span("."),
            )
        ),
    )
    assert richtext.clean(html) == html


def test_lists_keep_their_order_and_a_list_within_a_list_becomes_part_of_it() -> None:
    html = "<ol><li>one<ul><li>two</li></ul></li><li><p>three</p><p>four</p></li></ol><ul><li>five</li></ul>"

    assert richtext.parse(html) == (
        Points(((Span("one"),), (Span("two"),), (Span("three\nfour"),)), is_ordered=True),
        Points(((Span("five"),),)),
    )


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("plain words", "<p>plain words</p>"),
        ("<b>bold</b> <i>soft</i> <u>under</u>", "<p><strong>bold</strong> <em>soft</em> under</p>"),
        ("<h2>Title</h2><div>One</div><div>Two</div>", "<p>Title</p><p>One</p><p>Two</p>"),
        ("one<br>two<br><br>three", "<p>one<br>two</p><p>three</p>"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "<p>a</p><p>b</p>"),
        ("<p></p><p> </p><p>x</p><ul><li></li></ul>", "<p>x</p>"),
        ("<p>  many \n\t blanks  </p>", "<p>many blanks</p>"),
        ('<p style="color:red" class="MsoNormal" onclick="x()">x</p>', "<p>x</p>"),
        ("<span lang=EN-US style='mso-fareast-language:EN'>Word<o:p></o:p></span>", "<p>Word</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("&amp;lt;b&amp;gt;", "<p>&amp;lt;b&amp;gt;</p>"),
        ("<p>{{ first_name|you &amp; me }}</p>", "<p>{{ first_name|you &amp; me }}</p>"),
        ("<li>a point without a list</li>", "<p>a point without a list</p>"),
        ("<strong><p>a</p><p>b</p></strong>", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
        ("", ""),
    ],
)
def test_what_is_pasted_keeps_its_words_and_loses_its_looks(pasted: str, kept: str) -> None:
    assert richtext.clean(pasted) == kept


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<style>@import url(https://evil.example/a.css)</style>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<a href='javascript:alert(1)'></a>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "<p style=\"background:url('javascript:alert(1)')\"></p>",
        "<form action=https://evil.example><input name=p></form>",
        "<object data=x></object><embed src=x><link rel=stylesheet href=x>",
        "<meta http-equiv=refresh content=0><base href=x>",
    ],
)
def test_what_is_hostile_leaves_nothing_behind(hostile: str) -> None:
    cleaned = richtext.clean(f"<p>before</p>{hostile}<p>after</p>")

    assert re.sub(r"alert\(1\)", "", cleaned) == "<p>before</p><p>after</p>"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("call", "call"),
        ("https://x.example/?a=1&b=2", "https://x.example/?a=1&amp;b=2"),
        ("http://x.example/", "http://x.example/"),
        ("javascript:alert(1)", ""),
        ("JaVa\tScript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("vbscript:x", ""),
        ("https://x.example/\u202e", "https://x.example/"),
    ],
)
def test_a_link_keeps_a_target_that_could_be_meant(target: str, kept: str) -> None:
    assert richtext.clean(f'<a href="{escape(target)}">x</a>') == f'<p><a href="{kept}">x</a></p>'


@pytest.mark.parametrize(
    "hidden",
    ["\0", "\x07", "\x1b", "\x85", "\u202e", "\u2066", "\ufeff", "\ue000", "\ue002", "\ud800", "&#x202e;", "&#xe001;"],
)
def test_what_nobody_can_see_is_left_out(hidden: str) -> None:
    assert richtext.clean(f"<p>a{hidden}b</p>") == "<p>ab</p>"


def test_what_emoji_and_languages_are_made_of_stays() -> None:
    words = "👩\u200d⚕️ שלום \u200fعربي e\u0301 \u00a0!"

    assert richtext.clean(words) == f"<p>{words}</p>"


@pytest.mark.parametrize(
    "piece", ["<div>", "<b><i>", "<a href=x>", "<ul><li>", "<b><p>", "<table><td>", "<br>", "&lt;", "< "]
)
def test_a_paste_as_large_as_is_stored_can_be_read(piece: str) -> None:
    paste = (piece * LONGEST_FIELD)[:LONGEST_FIELD].rpartition(piece)[0] + "words"

    assert "words" in richtext.clean(paste)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name) for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


NAMES = ["p", "b", "em", "a href='call'", "a href=javascript:x", "ul", "ol", "li", "div", "h1", "td", "br", "x y=z"]
NAMES += ["p onclick=x", "table", "blockquote", "span style='a:b'", "img src=x alt=y"]
NAMES += ["/p", "/ul", "/li", "/a", "/b", "/div", "/td", "/x"]
DRAWN = ["svg", "/svg", "math", "mtext", "foreignObject", "style", "/style", "textarea", "title", "!--", "template"]
WORDS = ["one", " two ", "three\n", "{{ first_name|x }}", "&amp;", "&lt;p&gt;", "\u202e", "👩\u200d⚕️"]


def soup(names: list[str]) -> st.SearchStrategy[str]:
    pieces = st.one_of(st.sampled_from(names).map("<{}>".format), st.sampled_from(WORDS))
    return st.lists(pieces, max_size=25).map("".join)


ANYTHING = [
    soup(NAMES + DRAWN),
    st.text(alphabet=st.characters(), max_size=60),
    st.text(alphabet="<>/ab=\"'&;!-[]# \n", max_size=60),
]


@settings(deadline=None, max_examples=200)
@given(st.one_of(ANYTHING))
def test_whatever_comes_in_comes_out_clean_and_stays_so(html: str) -> None:
    cleaned = richtext.clean(html)

    found = Tags(cleaned)
    assert set(found.tags) <= richtext.TAGS
    assert set(found.attributes) <= {("a", "href")}
    assert richtext.clean(cleaned) == cleaned
    assert richtext.write(richtext.parse(cleaned)) == cleaned


@settings(deadline=None, max_examples=150)
@given(soup(NAMES))
def test_no_word_is_lost_and_none_is_added(html: str) -> None:
    """But for what is within a drawing, a style sheet or a script."""
    said = "".join(Tags(richtext.clean(html)).words.split())

    meant = "".join(richtext.visible(Tags(re.sub(r"<[^<>]*>", "", html)).words).split())
    assert said == meant
