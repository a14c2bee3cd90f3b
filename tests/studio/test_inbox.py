"""The demo's inbox: what the sink has caught, as a list that looks again by itself, and each mail from all sides."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope
from django.test import Client
from django.urls import reverse

from config.demo import sink

ROOM = reverse("studio:inbox")
HTMX = {"HX-Request": "true"}
MAIL = """\
From: Harbour <hello@harbour.example>\r
To: ada@mail.example\r
Subject: {subject}\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello https://harbour.example/b <b>\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<html><head><title>x</title></head><body><a href="https://harbour.example/b">Hello</a><script>1</script></body></html>\r
--b--\r
"""


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.DEMO, settings.INBOX_DIR = True, tmp_path
    return tmp_path


def catch(folder: Path, *to: str, subject: str = "New hours", content: str = MAIL) -> str:
    """A mail as the sink keeps it; returns its name in addresses."""
    envelope = Envelope()
    envelope.mail_from, envelope.rcpt_tos = "bounce@harbour.example", list(to) or ["ada@mail.example"]
    envelope.original_content = content.replace("{subject}", subject).encode()
    return sink.keep(envelope, directory=folder).removesuffix(".eml")


def view(name: str, mail: str) -> str:
    return reverse(f"studio:{name}", args=[mail])


def test_before_the_first_mail_the_room_says_how_to_get_one(studio: Client, folder: Path) -> None:
    page = studio.get(ROOM)

    assert "No mail yet" in page.text
    assert reverse("website:article") in page.text


def test_the_newest_comes_first_and_the_list_looks_again(studio: Client, folder: Path) -> None:
    catch(folder, subject="First")
    catch(folder, "bo@mail.example", subject="Second")

    page = studio.get(ROOM)

    found = [(mail.subject, mail.to, mail.sender) for mail in page.context["mails"]]
    assert found == [
        ("Second", "bo@mail.example", "Harbour <hello@harbour.example>"),
        ("First", "ada@mail.example", "Harbour <hello@harbour.example>"),
    ]
    assert datetime.now(UTC) - page.context["mails"][0].at < timedelta(minutes=1)
    assert 'hx-trigger="every 3s"' in page.text


def test_the_list_is_answered_only_when_there_is_news(studio: Client, folder: Path) -> None:
    catch(folder, subject="First")
    for _ in range(2):  # the second time when a minute has just begun
        seen = studio.get(ROOM).context["seen"]
        nothing = studio.get(ROOM, {"seen": seen}, headers=HTMX)
        if nothing.status_code == 204:
            break
    catch(folder, subject="Second")
    news = studio.get(ROOM, {"seen": seen}, headers=HTMX)

    assert (nothing.status_code, nothing.content) == (204, b"")
    assert news.text.lstrip().startswith('<div class="card" id="mails"')
    assert "Second" in news.text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"to": "ADA@"}, ["To Ada"]),
        ({"to": " mail.example "}, ["To Bo", "To Ada"]),
        ({"subject": "bo"}, ["To Bo"]),
        ({"to": "ada", "subject": "bo"}, []),
        ({"to": "\0'%"}, []),
    ],
)
def test_mails_are_found_by_address_and_subject(
    wanted: dict[str, str], found: list[str], studio: Client, folder: Path
) -> None:
    catch(folder, "ada@mail.example", subject="To Ada")
    catch(folder, "bo@mail.example", subject="To Bo")

    page = studio.get(ROOM, wanted)

    assert [mail.subject for mail in page.context["mails"]] == found
    assert ("No such mail" in page.text) is (found == [])


def test_half_a_mail_is_not_listed(studio: Client, folder: Path) -> None:
    (folder / ".20260101T000000.000000Z-00000000.eml").write_text("Subject: half")

    assert studio.get(ROOM).context["mails"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, folder: Path, django_assert_num_queries
) -> None:
    for _ in range(count):
        catch(folder)

    with django_assert_num_queries(9):
        studio.get(ROOM)


def test_a_mail_is_shown_as_text_and_in_a_frame_whose_links_open_outside(studio: Client, folder: Path) -> None:
    name = catch(folder)

    page, frame = studio.get(view("mail", name)), studio.get(view("mail_html", name))

    assert 'href="https://harbour.example/b"' in page.text
    assert "&lt;b&gt;" in page.text
    assert f'src="{view("mail_html", name)}"' in page.text
    assert '<head><base target="_blank">' in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_the_source_is_plain_text_as_it_was_on_the_wire(studio: Client, folder: Path) -> None:
    source = studio.get(view("mail_source", catch(folder)))

    assert source.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert source.text.startswith("X-Envelope-From: bounce@harbour.example\r\nX-Envelope-To: ada@mail.example\r\n")
    assert source.text.endswith(MAIL.replace("{subject}", "New hours"))


def test_a_mail_of_one_part_and_no_subject_is_shown(studio: Client, folder: Path) -> None:
    name = catch(folder, content="From: a@b.example\r\n\r\nJust words\r\n")

    page = studio.get(view("mail", name))

    assert "Just words" in page.text
    assert "<iframe" not in page.text
    assert "(no subject)" in studio.get(ROOM).text


def test_attachments_are_named(studio: Client, folder: Path) -> None:
    calendar = (
        "--b\r\nContent-Type: text/calendar\r\nContent-Disposition: attachment; filename=call.ics\r\n\r\nx\r\n--b--"
    )
    content = MAIL.replace("--b--", calendar).replace("alternative", "mixed")

    assert "call.ics" in studio.get(view("mail", catch(folder, content=content))).text


@pytest.mark.parametrize("name", ["20260101-", "..-00", "x" * 300 + "-0", "20260101T000000.000000Z-deadbeef", "\0-0"])
@pytest.mark.parametrize("address", ["mail", "mail_html", "mail_source"])
def test_a_mail_that_is_not_there_is_explained(address: str, name: str, studio: Client, folder: Path) -> None:
    assert studio.get(view(address, name)).status_code == 404


def test_outside_the_demo_there_is_no_such_room(studio: Client, folder: Path, settings) -> None:
    name = catch(folder)
    settings.DEMO = False

    assert studio.get(ROOM).status_code == 404
    assert studio.get(view("mail_source", name)).status_code == 404
