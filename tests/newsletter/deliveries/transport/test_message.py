"""Finished bytes taken apart for backends that do not take bytes."""

import email.policy
from email.message import EmailMessage

from newsletter.deliveries.transport import message
from newsletter.deliveries.transport.answers import FinishedMail

UNSUBSCRIBE = "https://clinic.example/u/" + "x" * 80

CONTENT = (
    b"From: =?utf-8?q?Dana_Rey=C3=A9s?= <clinic@clinic.example>\r\n"
    b"To: Ann <ann@reader.example>\r\n"
    b"Reply-To: front@clinic.example\r\n"
    b"Subject: =?utf-8?q?Z=C3=BCrich?=\r\n"
    b"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <7@clinic.example>\r\n"
    b"List-Unsubscribe: <" + UNSUBSCRIBE.encode() + b">\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="m"\r\n'
    b"\r\n--m\r\n"
    b'Content-Type: multipart/alternative; boundary="a"\r\n'
    b"\r\n--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"\r\nGr=C3=BCezi\r\n"
    b"--a\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n<p>Gr=C3=BCezi</p>\r\n--a--\r\n\r\n"
    b"--m\r\nContent-Type: text/calendar; method=REQUEST; charset=utf-8\r\n"
    b'Content-Disposition: attachment; filename="call.ics"\r\n'
    b"\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n--m--\r\n"
)


def a_mail(recipient="ann@reader.example"):
    return FinishedMail(7, "bounce@clinic.example", recipient, CONTENT)


def test_every_part_finds_its_place():
    read = message.read(a_mail())

    assert read.subject == "Zürich"
    assert read.from_email == "Dana Reyés <clinic@clinic.example>"
    assert read.to == ["Ann <ann@reader.example>"]
    assert read.reply_to == ["front@clinic.example"]
    assert read.body.strip() == "Grüezi"
    assert [(str(body).strip(), kind) for body, kind in read.alternatives] == [("<p>Grüezi</p>", "text/html")]
    assert read.metadata == {"delivery": "7"}


def test_headers_without_a_field_of_their_own_are_kept_as_they_are():
    assert message.read(a_mail()).extra_headers == {
        "Message-ID": "<7@clinic.example>",
        "List-Unsubscribe": f"<{UNSUBSCRIBE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_a_calendar_file_stays_one():
    (part,) = message.read(a_mail()).attachments

    assert isinstance(part, EmailMessage)
    assert (part.get_filename(), part.get_content_type(), part.get_param("method")) == (
        "call.ics",
        "text/calendar",
        "REQUEST",
    )


def test_the_envelope_decides_who_gets_it():
    assert message.read(a_mail("ben@reader.example")).to == ["ben@reader.example"]


def test_whoever_asks_for_the_bytes_gets_the_finished_ones():
    """Django's own SMTP backend asks so; rendering anew would fold the long unsubscribe link beyond use."""
    assert message.read(a_mail()).message(policy=email.policy.SMTP).as_bytes() == CONTENT


def test_a_plain_mail_needs_no_parts():
    content = b"To: ann@reader.example\r\nSubject: Hi\r\n\r\nHello\r\n"
    read = message.read(FinishedMail(1, "clinic@clinic.example", "ann@reader.example", content))

    assert (read.body.strip(), read.alternatives, read.attachments) == ("Hello", [], [])
    assert read.from_email == "clinic@clinic.example"
