import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliveries.transport.replies import BadReply, ReplyReader

codes = st.integers(200, 599)
words = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b" ").replace(b"\r", b" "))
replies = st.tuples(codes, st.lists(words, min_size=1, max_size=5))


def written(code, lines):
    last = len(lines) - 1
    return b"".join(b"%d%s%s\r\n" % (code, b" " if i == last else b"-", line) for i, line in enumerate(lines))


def pieces(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.lists(replies, max_size=6), st.lists(st.integers(0, 2000), max_size=30))
def test_replies_are_the_same_in_whatever_pieces_they_arrive(sent, cuts):
    reader = ReplyReader()
    data = b"".join(written(code, lines) for code, lines in sent)

    read = [reply for piece in pieces(data, cuts) for reply in reader.feed(piece)]

    assert [(reply.code, reply.lines) for reply in read] == sent
    assert reader.is_empty


@given(st.lists(replies, min_size=1, max_size=3))
def test_replies_are_the_same_byte_by_byte(sent):
    reader = ReplyReader()
    data = b"".join(written(code, lines) for code, lines in sent)

    read = [reply for byte in data for reply in reader.feed(bytes([byte]))]

    assert [(reply.code, reply.lines) for reply in read] == sent


@given(st.binary(max_size=300))
def test_anything_else_is_a_bad_reply_or_unfinished_and_never_another_error(data):
    reader = ReplyReader()
    try:
        read = reader.feed(data)
    except BadReply:
        return
    assert all(0 <= reply.code <= 999 for reply in read)
    assert all(isinstance(reply.text, str) and len(reply.text) <= 500 for reply in read)


@pytest.mark.parametrize(
    ("line", "enhanced"),
    [
        (b"550 5.1.1 no such user", "5.1.1"),
        (b"250 2.0.0", "2.0.0"),
        (b"550 5.1.10 null MX", "5.1.10"),
        (b"550 no such user", None),
        (b"550 4.1.1 contradicts its number", None),
        (b"550 5.1.1x", None),
        (b"250", None),
    ],
)
def test_an_enhanced_status_is_read_where_there_is_one(line, enhanced):
    (reply,) = ReplyReader().feed(line + b"\r\n")

    assert reply.enhanced == enhanced


def test_the_text_of_many_lines_is_one_line_without_control_characters():
    (reply,) = ReplyReader().feed(b"550-5.7.1 see\r\n550 5.7.1 \x1b[31mhttps://relay.example\r\n")

    assert reply.text == "5.7.1 see 5.7.1 ?[31mhttps://relay.example"


@pytest.mark.parametrize("data", [b"250" + b"x" * 5000, b"25\r\n", b"abc ok\r\n", b"+50 ok\r\n", b"250_ok\r\n"])
def test_what_is_not_smtp_is_said_to_be_so(data):
    with pytest.raises(BadReply):
        ReplyReader().feed(data)


def test_a_reply_of_endless_lines_is_not_collected_for_ever():
    reader = ReplyReader()

    with pytest.raises(BadReply):
        reader.feed(b"250-more\r\n" * 201)
