import pytest

from newsletter.rendering import lint
from newsletter.rendering.letter import assemble, prepare
from tests.newsletter.rendering.revisions import SENDER, TOKEN, frozen, recipient

CLEAN = prepare(frozen()).fill(recipient())
URL = f"https://clinic.example/u/{TOKEN}".encode()


def test_a_finished_mail_is_clean() -> None:
    assert lint.problems(CLEAN, postal_address="12 Quay Street") == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"leave: ", b"leave:\n", "A line ends in a bare CR or LF."),
        (b"leave: ", b"leave:\r", "A line ends in a bare CR or LF."),
        (b"leave: ", b"leave:" + b"x" * 1000, "A line is longer than 998 characters."),
        (b"leave: ", b".leave: ", "A line starts with a dot."),
        (b"leave: ", b"lea\0ve: ", "There is a NUL."),
        (b"\r\nTo: zoe@example.org", b"", "To must be there once."),
        (b"\r\nTo: ", b"\r\nTo: eve@example.org\r\nTo: ", "To must be there once."),
        (b"To: zoe@example.org", b"To: a@example.org, b@example.org", "To must be exactly one address."),
        (b"To: zoe@example.org", b'To: "Zoe, a" <zoe@example.org>', "To must be exactly one address."),
        (b"\r\nTo: ", b"\r\nBcc: eve@example.org\r\nTo: ", "Bcc must not be there."),
        (b"\r\nTo: ", b"\r\nCc: eve@example.org\r\nTo: ", "Cc must not be there."),
        (b"Subject: A quiet hour", b"Subject: ", "The subject is empty."),
        (b"List-Id: ", b"List-Id: <a.b>\r\nList-Id: ", "List-Id is there twice."),
        (
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            b"",
            "List-Unsubscribe and List-Unsubscribe-Post belong together.",
        ),
        (b"=One-Click", b"=OneClick", "List-Unsubscribe and List-Unsubscribe-Post belong together."),
        (
            b"List-Unsubscribe: <" + URL + b">",
            b"List-Unsubscribe: =?utf-8?q?=3Chttps=3A//clinic=2Eexample/u/x=3E?=",
            "List-Unsubscribe must be one literal address in angle brackets.",
        ),
        (
            b"List-Unsubscribe: <" + URL + b">",
            b"List-Unsubscribe: <https://a.example/u/1>, <https://b.example/u/2>",
            "List-Unsubscribe must be one literal address in angle brackets.",
        ),
        (b"<https://", b"<http://", "List-Unsubscribe must be https."),
    ],
)
def test_it_finds_what_providers_and_relays_trip_over(old: bytes, new: bytes, problem: str) -> None:
    assert CLEAN.count(old) >= 1

    assert problem in lint.problems(CLEAN.replace(old, new, 1))


def test_it_finds_a_header_line_that_is_none() -> None:
    broken = CLEAN.replace(b"Subject: A quiet hour", b"Subject: A quiet hour\r\nand a second line", 1)

    assert lint.problems(broken)[0] == "This is not a header line: b'and a second line'"


def test_it_wants_text_before_html() -> None:
    swapped = CLEAN.replace(b"text/plain", b"text/was", 1).replace(b"text/html", b"text/plain", 1)

    assert lint.problems(swapped) == ["There must be a plain text and then an HTML part."]


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"text": " \n"}, "The text part is empty."),
        ({"html": "<p>x</p>" * 13_000}, "The HTML is larger than 95 KB; mailboxes would cut it."),
        ({"text": "Hello {{ first_name }}"}, "A slot was not filled in."),
        ({"html": "\ue000first_name\ue001there"}, "A slot was not filled in."),
    ],
)
def test_it_reads_the_parts(parts: dict[str, str], problem: str) -> None:
    content = assemble(frozen(sender={**SENDER, "list_id": ""}, **parts)).fill(recipient())

    assert lint.problems(content) == [problem]


def test_marketing_owes_its_reader_a_way_out_and_an_address() -> None:
    content = assemble(frozen(html="<p>Hello</p>")).fill(recipient())

    assert lint.problems(content, postal_address="12 Quay Street") == [
        "The link to unsubscribe must stand in both parts.",
        "The postal address must stand in both parts.",
    ]


def test_marketing_without_a_known_postal_address_is_not_clean() -> None:
    assert lint.problems(CLEAN, postal_address="") == ["The postal address must stand in both parts."]


def test_a_demo_on_this_machine_may_do_without_https() -> None:
    letter = assemble(frozen(sender={**SENDER, "base_url": "http://127.0.0.1:8000"}))

    assert lint.problems(letter.fill(recipient())) == []
