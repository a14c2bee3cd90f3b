from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.rendering import headers
from newsletter.rendering.headers import Unfillable

printable = st.text(alphabet=st.characters(exclude_categories=["C", "Z"])).map(lambda text: f"x{text}x")
sentences = st.lists(printable, min_size=1, max_size=30).map(" ".join)


def parsed(header: bytes) -> str:
    message = message_from_bytes(header + b"\r\n", policy=policy.default)
    (value,) = message.values()
    return str(value)


@settings(deadline=None)
@given(sentences)
def test_any_subject_comes_back(subject: str) -> None:
    assert parsed(headers.text("Subject", subject)) == subject


@settings(deadline=None)
@given(sentences)
def test_every_line_of_a_subject_is_ascii_and_short_unless_one_word_is_long(subject: str) -> None:
    lines = headers.text("Subject", subject).split(b"\r\n")
    longest_word = max(map(len, subject.split(" ")))

    assert [line for line in lines if not line.isascii() or len(line) > max(76, longest_word + 9)] == []


def test_a_plain_subject_is_left_readable() -> None:
    assert headers.text("Subject", "A quiet hour") == b"Subject: A quiet hour\r\n"


def test_a_subject_that_looks_encoded_is_taken_as_written() -> None:
    assert parsed(headers.text("Subject", "=?utf-8?b?SGk=?=")) == "=?utf-8?b?SGk=?="


INVISIBLE = ["\r", "\n", "\r\n", "\0", "\x0b", "\x85", "\u2028", "\u2029", "\u200b", "\u202e"]


@pytest.mark.parametrize("character", INVISIBLE)
def test_no_header_takes_a_line_break_or_an_invisible_character(character: str) -> None:
    with pytest.raises(Unfillable):
        headers.text("Subject", f"Hello{character}Bcc: eve@example.org")
    with pytest.raises(Unfillable):
        headers.mailbox("From", f"Dana{character}", "dana@harbour.example")
    with pytest.raises(Unfillable):
        headers.literal("Feedback-ID", f"v1{character}")


@settings(deadline=None)
@given(printable)
def test_any_display_name_comes_back_with_its_address(name: str) -> None:
    header = headers.mailbox("From", name, "hello@news.harbour.example")

    shown, address = parseaddr(message_from_bytes(header + b"\r\n")["From"])
    assert (str(make_header(decode_header(shown))), address) == (name, "hello@news.harbour.example")


def test_an_address_without_a_name_stands_alone() -> None:
    assert headers.mailbox("Reply-To", "", "desk@harbour.example") == b"Reply-To: desk@harbour.example\r\n"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoe",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "<a@example.org>",
        "a b@example.org",
    ],
)
def test_what_is_not_exactly_one_address_is_refused(address: str) -> None:
    with pytest.raises(Unfillable):
        headers.one_address(address)


def test_a_domain_in_another_script_is_written_in_ascii() -> None:
    assert headers.one_address("zoe@bücher.example") == "zoe@xn--bcher-kva.example"


def test_a_mailbox_name_that_needs_smtputf8_is_refused() -> None:
    with pytest.raises(Unfillable):
        headers.one_address("zoë@example.org")


def test_an_address_over_254_characters_is_refused() -> None:
    with pytest.raises(Unfillable):
        headers.one_address("a" * 60 + "@" + "b" * 60 + ".example" * 30)


def test_the_date_names_its_offset() -> None:
    assert headers.date(datetime(2026, 3, 3, 14, 5, tzinfo=UTC)) == b"Tue, 03 Mar 2026 14:05:00 +0000"


def test_a_literal_header_is_never_folded_nor_longer_than_a_line_may_be() -> None:
    url = "<https://clinic.example/" + "x" * 200 + ">"

    assert headers.literal("List-Unsubscribe", url) == f"List-Unsubscribe: {url}\r\n".encode()
    with pytest.raises(Unfillable):
        headers.literal("List-Unsubscribe", "x" * 1000)
