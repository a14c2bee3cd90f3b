from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import marks, richtext
from newsletter.rendering import lint
from newsletter.rendering.attachments import Attachment
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import NotMailable, assemble, prepare
from newsletter.rendering.preview import read
from tests.newsletter.rendering.revisions import NAME, NAME_OF_IT, SENDER, TOKEN, frozen, recipient, transactional

names = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_a_marketing_mail_has_exactly_these_headers() -> None:
    content = prepare(frozen()).fill(recipient())

    head, _, _ = content.partition(b"\r\n\r\n")
    assert head.decode().split("\r\n")[:-1] == [
        'From: "Harbour Acupuncture" <hello@news.harbour.example>',
        "Reply-To: desk@harbour.example",
        "To: zoe@example.org",
        "Subject: A quiet hour",
        "Date: Tue, 03 Mar 2026 14:05:00 +0000",
        f"Message-ID: <{NAME_OF_IT}@news.harbour.example>",
        "List-Id: <newsletter.news.harbour.example>",
        f"List-Unsubscribe: <https://clinic.example/u/{TOKEN}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Feedback-ID: v7:newsletter:news.harbour.example",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
    ]


def test_a_transactional_mail_is_no_list() -> None:
    message = parsed(prepare(transactional()).fill(recipient()))

    assert [name for name in message if name.startswith("List-")] == []


def test_a_hand_written_campaign_does_not_say_that_a_machine_wrote_it() -> None:
    message = parsed(prepare(frozen(sender={**SENDER, "is_automated": False})).fill(recipient()))

    assert message["Auto-Submitted"] is None


def test_plain_text_comes_first_and_both_parts_are_quoted_printable_utf8() -> None:
    message = parsed(prepare(frozen()).fill(recipient()))

    assert [(part.get_content_type(), part["Content-Transfer-Encoding"]) for part in message.iter_parts()] == [
        ("text/plain", "quoted-printable"),
        ("text/html", "quoted-printable"),
    ]


def test_the_slots_say_what_is_this_recipients_own() -> None:
    copy = read(prepare(frozen()).fill(recipient()))

    assert copy.text.splitlines() == [
        "Hello Zoe,",
        f"read: https://clinic.example/c/{TOKEN}/0",
        f"leave: https://clinic.example/u/{TOKEN}",
        "12 Quay Street",
    ]
    assert copy.html == (
        f'<p>Hello Zoe, <a href="https://clinic.example/c/{TOKEN}/0">read</a> '
        f'<a href="https://clinic.example/u/{TOKEN}">leave</a> 12 Quay Street</p>\n'
    )


@pytest.mark.parametrize("name", ["", "   "])
def test_an_unknown_name_gives_way_to_the_fallback(name: str) -> None:
    copy = read(prepare(frozen()).fill(recipient(first_name=name)))

    assert copy.text.splitlines()[0] == "Hello there,"
    assert copy.html.startswith("<p>Hello there, ")


@settings(deadline=None)
@given(names)
def test_any_name_comes_back_from_both_parts_of_a_clean_mail(name: str) -> None:
    content = prepare(frozen()).fill(recipient(first_name=name))

    shown = richtext.one_line(name) or "there"
    copy = read(content)
    assert copy.text.startswith(f"Hello {shown},\nread")
    assert copy.html.startswith(f"<p>Hello {escape(shown)}, <a")
    assert [line for line in content.split(b"\r\n") if len(line) > 78 and b":" not in line] == []
    assert [line for line in content.split(b"\r\n") if line.startswith(b".")] == []


@settings(deadline=None)
@given(names)
def test_any_name_leaves_the_whole_mail_clean_to_the_linter(name: str) -> None:
    content = prepare(transactional()).fill(recipient(first_name=name))

    assert [problem for problem in lint.problems(content) if "slot" not in problem] == []


def test_a_name_is_never_markup() -> None:
    copy = read(prepare(frozen()).fill(recipient(first_name='<img src=x onerror="alert(1)">')))

    assert copy.html.startswith("<p>Hello &lt;img src=x onerror=&quot;alert(1)&quot;&gt;, ")


def test_lines_of_a_value_become_lines_of_the_mail() -> None:
    times = marks.words("free_times", "See the page.")
    revision = transactional(html=f"<p>{times}</p>", text=f"{times}\n")

    copy = read(prepare(revision).fill(recipient(slots={"free_times": "Tuesday: 9:30\nFriday: 11:00"})))

    assert (copy.html, copy.text) == ("<p>Tuesday: 9:30<br>Friday: 11:00</p>", "Tuesday: 9:30\nFriday: 11:00\n")


def test_a_slot_in_the_subject_is_encoded_like_the_rest_of_it() -> None:
    letter = prepare(frozen(subject=f"For you, {NAME}"))

    assert parsed(letter.fill(recipient()))["Subject"] == "For you, Zoe"
    assert parsed(letter.fill(recipient(first_name="Zoë Çelik")))["Subject"] == "For you, Zoë Çelik"
    assert parsed(letter.fill(recipient(first_name="")))["Subject"] == "For you, there"


@pytest.mark.parametrize("name", ["Zoe\r\nBcc: eve@example.org", "Zoe\nBcc: eve@example.org", "Zoe\u2028x", "Zoe\0 x"])
def test_a_name_with_a_line_break_makes_no_header_of_its_own(name: str) -> None:
    letter = prepare(frozen(subject=f"For you, {NAME}"))

    message = parsed(letter.fill(recipient(first_name=name)))

    assert message["Bcc"] is None
    assert message["Subject"] in {"For you, Zoe Bcc: eve@example.org", "For you, Zoe x"}


def test_what_comes_out_as_several_lines_cannot_get_into_the_head() -> None:
    letter = prepare(frozen(subject=f"Free: {marks.words('free_times')}"))

    with pytest.raises(Unfillable):
        letter.fill(recipient(slots={"free_times": "Tuesday: 9:30\nFriday: 11:00"}))


@pytest.mark.parametrize("address", ["a@example.org, b@example.org", "a@example.org\r\nBcc: b@example.org", "nobody"])
def test_a_copy_goes_to_exactly_one_address(address: str) -> None:
    letter = prepare(frozen())

    with pytest.raises(Unfillable):
        letter.fill(recipient(address=address))


def test_a_token_that_is_not_one_is_refused() -> None:
    letter = prepare(frozen())

    with pytest.raises(Unfillable):
        letter.fill(recipient(token="a/../b"))


def test_a_slot_without_value_and_fallback_is_refused() -> None:
    letter = prepare(transactional(text=f"{marks.words('when')}\n"))

    with pytest.raises(Unfillable):
        letter.fill(recipient())


@pytest.mark.parametrize("value", ["javascript:alert(1)", "", "https://clinic.example/\r\nx"])
def test_a_link_of_the_recipients_own_must_be_an_address(value: str) -> None:
    letter = prepare(transactional(html=f'<a href="{marks.link("confirm_url")}">Yes</a>'))

    with pytest.raises(Unfillable):
        letter.fill(recipient(slots={"confirm_url": value}))


def test_a_link_of_the_recipients_own_stands_in_the_tag() -> None:
    letter = prepare(transactional(html=f'<a href="{marks.link("confirm_url")}">Yes</a>'))

    copy = read(letter.fill(recipient(slots={"confirm_url": "https://clinic.example/confirm/a?b=1&c=2"})))

    assert copy.html == '<a href="https://clinic.example/confirm/a?b=1&amp;c=2">Yes</a>'


def test_further_headers_stand_in_the_head_once() -> None:
    message = parsed(prepare(frozen()).fill(recipient(headers={"X-Lane": "marketing"})))

    assert message.get_all("X-Lane") == ["marketing"]


def test_a_calendar_file_hangs_on_the_mail_with_its_method() -> None:
    calendar = Attachment("call.ics", b"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\n" + b"X" * 300, "CANCEL")

    content = prepare(transactional()).fill(recipient(attachment=calendar))

    message = parsed(content)
    (attached,) = message.iter_attachments()
    assert message.get_content_type() == "multipart/mixed"
    assert (attached.get_content_type(), attached.get_param("method")) == ("text/calendar", "CANCEL")
    assert (attached.get_filename(), attached.get_payload(decode=True)) == ("call.ics", calendar.content)
    assert lint.problems(content) == []


def test_one_letter_fills_copies_with_and_without_a_file() -> None:
    letter = prepare(transactional())
    plain = letter.fill(recipient())

    letter.fill(recipient(attachment=Attachment("call.ics", b"x"), headers={"X-Lane": "y"}))

    assert letter.fill(recipient()) == plain


def test_the_same_recipient_gets_the_same_bytes_on_every_attempt() -> None:
    assert prepare(frozen()).fill(recipient()) == prepare(frozen()).fill(recipient())


def test_two_recipients_share_no_message_id() -> None:
    letter = prepare(frozen())

    ids = {parsed(letter.fill(recipient(message_id=name)))["Message-ID"] for name in ("a" * 22, "b" * 22)}

    assert ids == {f"<{'a' * 22}@news.harbour.example>", f"<{'b' * 22}@news.harbour.example>"}


def test_a_sender_name_beyond_ascii_is_an_encoded_word() -> None:
    message = parsed(prepare(frozen(sender={**SENDER, "name": "Praxis Grünwald"})).fill(recipient()))

    assert message["From"].addresses[0].display_name == "Praxis Grünwald"


def test_a_letter_that_would_not_pass_the_linter_is_not_made_ready() -> None:
    with pytest.raises(NotMailable) as raised:
        prepare(frozen(text="Nothing of what the law wants.\n"))

    assert raised.value.problems == [
        "The link to unsubscribe must stand in both parts.",
        "The postal address must stand in both parts.",
    ]


def test_a_letter_without_a_sender_is_not_made_ready() -> None:
    with pytest.raises(NotMailable):
        prepare(frozen(sender={**SENDER, "address": ""}))


def test_a_letter_without_a_subject_is_not_made_ready() -> None:
    with pytest.raises(NotMailable):
        prepare(frozen(subject=""))


def test_what_is_not_mailable_can_still_be_looked_at() -> None:
    assert read(assemble(replace(frozen(), text="Draft.\n")).fill(recipient())).text == "Draft.\n"
