import quopri

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.rendering.quoted_printable import SOFT_BREAK, encode


def decoded(encoded: bytes) -> str:
    return quopri.decodestring(encoded).decode().replace("\r\n", "\n")


def with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(deadline=None)
@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert decoded(encode(text)) == with_plain_line_ends(text)


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1))
def test_pieces_between_soft_breaks_come_back_as_one_text(pieces: list[str]) -> None:
    whole = (SOFT_BREAK + SOFT_BREAK).join(encode(piece) for piece in pieces)

    assert decoded(whole) == "".join(with_plain_line_ends(piece) for piece in pieces)


@settings(deadline=None)
@given(st.text(alphabet=".=a \té\n", max_size=300))
def test_no_line_is_long_or_begins_with_a_dot_or_ends_in_a_blank(text: str) -> None:
    lines = encode(text).split(b"\r\n")

    assert [line for line in lines if len(line) > 76 or line.startswith(b".") or line.endswith((b" ", b"\t"))] == []


def test_short_plain_words_are_left_as_they_are() -> None:
    assert encode("Zoe Reyes-Okafor") == b"Zoe Reyes-Okafor"


def test_letters_beyond_ascii_are_escaped_as_utf8() -> None:
    assert encode("Zoë") == b"Zo=C3=AB"


def test_a_leading_dot_is_escaped_in_a_short_value_too() -> None:
    assert encode(".hidden") == b"=2Ehidden"
