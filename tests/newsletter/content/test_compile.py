import re
import socket
import threading
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from newsletter.content import inlining, marks
from newsletter.content.compile import NotCompilable
from tests.newsletter.content.emails import BUTTON, HEADING, RED_FLAGS, compiled, harbour, text

LINK = {"url": "https://elsewhere.example/harbour"}
CARD = {"type": "article", "target": "article", "picture": "nerve-map"}
HELLO = text("Hello {{ first_name|there }}")
CALL = {"type": "button", "label": "Book the call", "target": "call"}


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.found if found == tag]


class Listener:
    """A server on the loopback that counts who knocks."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = self.socket.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.hits = 0
        self.last: object = None
        self.thread = threading.Thread(target=self._count, daemon=True)
        self.thread.start()

    def _count(self) -> None:
        while True:
            connection, knocker = self.socket.accept()
            connection.close()
            if knocker == self.last:
                return
            self.hits += 1

    def close(self) -> int:
        """Knock last ourselves, and say how many knocked before."""
        if self.last is None:
            with socket.socket() as knocking:
                knocking.bind(("127.0.0.1", 0))
                self.last = knocking.getsockname()
                knocking.connect(self.address)
                self.thread.join()
            self.socket.close()
        return self.hits


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


MSO = r"<!--\[if mso\]><table[^>]*><tr><td><!\[endif\]-->|<!--\[if mso\]>(</\w+>)+<!\[endif\]-->"
HOSTILE = [
    "<link rel=stylesheet href='{url}/a.css'>",
    "<link rel='stylesheet' type='text/css' href='{url}/b.css' media='screen'>",
    "<style>@import url({url}/c.css);</style>",
    "<style>@import '{url}/d.css';</style>",
    "<style>@\\69mport '{url}/e.css';</style>",
    "<style>@IMPORT url('{url}/f.css') screen;</style>",
    "<style>@font-face {{ font-family: x; src: url({url}/g.woff); }} p {{ font-family: x }}</style>",
    "<style>p {{ background: url({url}/h.png) }}</style>",
    "<style>p {{ list-style: url('{url}/i.png'); behavior: url({url}/j.htc) }}</style>",
    "<style>@charset 'x'; @import \"{url}/k.css\"; p {{ color: red }}</style>",
    "<style media='all'>@namespace url({url}/l); @import url({url}/m.css) all;</style>",
    "<style data-premailer='ignore'>@import url({url}/n.css);</style>",
    "<img src='{url}/o.png'><p style=\"background:url({url}/p.png)\">",
    "<style>@import url(file:///etc/passwd);</style><link rel=stylesheet href='file:///etc/passwd'>",
    "<base href='{url}/'><link rel=stylesheet href='q.css'>",
    "<style>@import url(//127.0.0.1/r.css); @import url(ftp://127.0.0.1/s.css);</style>",
]


def test_the_listener_hears_whoever_knocks(listener: Listener) -> None:
    socket.create_connection(listener.address).close()

    assert listener.close() == 1


@pytest.mark.parametrize("payload", HOSTILE)
def test_inlining_asks_the_network_for_nothing(payload: str, listener: Listener) -> None:
    html = f"<!DOCTYPE html><html><head>{payload.format(url=listener.url)}</head><body><p>x</p></body></html>"

    inlining.inline(html)

    assert listener.close() == 0


XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "<!--[if mso]><script>alert(1)</script><![endif]-->",
    "--><script>alert(1)</script><!--",
    "</title><script>alert(1)</script>",
    "</td></table><iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><input name=p></form>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<x onclick=alert(1)>",
]
INERT = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "p",
    "br",
    "ul",
    "li",
}
INERT |= {"ol", "a", "img", "strong", "em", "span"}


@pytest.mark.parametrize("payload", XSS)
def test_what_staff_or_the_profile_say_is_never_markup(payload: str) -> None:
    named = ("name", "practitioner", "postal_address", "free_call_terms", "footer_text", "signature_name")
    profile = harbour(
        **dict.fromkeys((*named, "signature_title"), payload), phone="x", social_links=[LINK | {"name": payload}]
    )
    rich = payload.replace("javascript:alert(1)", "ask")  # what nobody can mail is refused before
    html = compiled(
        {"type": "heading", "text": payload},
        text(f"{payload} **{payload}** [{payload}](call)\n\n- {payload} {{{{ practitioner|x }}}}"),
        {"type": "image", "picture": "nerve-map", "alt": payload, "caption": payload},
        {"type": "button", "label": payload, "target": "call"},
        {"type": "quote", "text": payload, "who": payload},
        {"type": "columns", "left": f"<p>x</p>{rich}", "right": f"<ol><li>x</li></ol>{rich}"},
        {**CARD, "title": payload, "text": payload, "label": payload, "alt": payload},
        {"type": "signature", "closing": payload},
        {"type": "free_times", "heading": payload, "fallback": payload},
        RED_FLAGS,
        profile=profile,
        subject=payload,
        preheader=payload,
    ).html

    tags = Tags(re.sub(MSO, "", html))
    assert {tag for tag, _ in tags.found} - INERT == set()
    assert [name for _, attributes in tags.found for name in attributes if name.startswith("on")] == []
    assert {link["href"].split(":")[0] for link in tags.named("a") if link["href"]} == {"https", "mailto", "tel"}
    assert "<!--" not in re.sub(r"<!--\[if mso\]>.*?<!\[endif\]-->", "", html)


def test_social_links_lead_nowhere_but_to_https() -> None:
    bad = [{"name": "x", "url": "javascript:alert(1)"}, {"name": "y", "url": "http://y.example"}, {"name": "z"}]
    email = compiled(
        HEADING, profile=harbour(social_links=[*bad, {"name": "Pictures", **LINK}], footer_text="Mind\nyou.")
    )

    assert [link for link in Tags(email.html).named("a") if link["href"] == LINK["url"]] != []
    assert "javascript" not in email.html + email.text
    assert "Mind\nyou.\n\nPictures: https://elsewhere.example/harbour\n" in email.text
    assert "Mind<br>you." in email.html


def test_the_css_stands_in_the_tags() -> None:
    tags = Tags(compiled(HEADING, CALL).html)

    (button,) = [cell for cell in tags.named("td") if cell.get("class") == "button"]
    assert (button["style"], button["bgcolor"]) == (
        "background-color:#17505A; border-radius:5px; mso-padding-alt:12px 30px",
        "#17505A",
    )


def test_the_dark_scheme_and_small_screens_stay_in_the_one_style() -> None:
    html = compiled(HEADING).html

    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert re.findall(r"@media[^{]*", style) == [
        "@media only screen and (max-width: 620px) ",
        "@media only screen and (max-width: 571px) ",
        "@media (prefers-color-scheme: dark) ",
    ]
    assert "[data-ogsc] .paper" in style
    assert "!important" in style


def test_the_frame_is_what_mail_clients_and_screen_readers_need() -> None:
    html = compiled(HEADING, HELLO, CALL, RED_FLAGS, kind="step", topic="course", key="course-0").html

    tags = Tags(html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
    assert {table.get("role") for table in tags.named("table")} == {"presentation"}
    assert len(tags.named("h1")) == 1
    assert [image for image in tags.named("img") if image.get("alt") is None] == []
    assert "<title>A quiet hour</title>" in html
    assert html.count("For you.") == 1


def test_an_email_without_a_heading_has_its_subject_as_the_h1() -> None:
    html = compiled(HELLO, subject="A quiet hour").html

    assert re.findall(r"<h1[^>]*>(.*?)</h1>", html) == ["A quiet hour"]


def test_both_parts_end_with_the_reason_the_address_and_the_ways_to_leave() -> None:
    email = compiled(HEADING, HELLO, BUTTON)

    for part in (email.html, email.text):
        assert "You get this because you agreed to receive email from Harbour Acupuncture." in part
        assert "12 Quay Street" in part
        assert "Port Ellis" in part
        assert "https://slot.invalid/unsubscribe" in part
        assert "https://slot.invalid/preferences" in part
        assert "https://slot.invalid/booked" in part


def test_transactional_mail_has_no_way_to_unsubscribe() -> None:
    email = compiled(text("Hello"), kind="transactional", topic="", key="confirmation")

    assert "unsubscribe" not in email.html + email.text
    assert email.sender["list_id"] == ""


def test_html_and_text_hold_the_same_slots() -> None:
    email = compiled(HEADING, HELLO, text("[Read](article), [leave](unsubscribe)"), CALL, RED_FLAGS)

    def slots(part: str) -> list[marks.Mark]:
        return sorted({mark for mark in marks.split(part) if isinstance(mark, marks.Mark)})

    assert slots(email.html) == slots(email.text)
    assert len(slots(email.text)) == 9


def test_a_fallback_with_quotes_and_ampersands_survives() -> None:
    email = compiled(text('Hello {{ first_name|friend & "neighbour" }}'))

    (mark,) = [part for part in marks.split(email.html) if isinstance(part, marks.Mark) and part.name == "first_name"]
    assert mark.fallback in {'friend &amp; "neighbour"', "friend &amp; &quot;neighbour&quot;"}
    assert f"{marks.words('first_name', 'friend & "neighbour"')}" in email.text


def test_the_text_part_reads_like_a_letter() -> None:
    email = compiled(HEADING, text("One **two** [three](ask).\n\n- four\n- five"), CALL, kind="step", topic="course")

    assert email.text.startswith(
        "Harbour Acupuncture\n\n"
        "A quiet hour\n\n"
        "One two three (https://slot.invalid/click/0).\n\n"
        "- four\n"
        "- five\n\n"
        "> Book the call:\n"
        "https://slot.invalid/click/1\n"
        "The free call: 15 minutes by phone or video, no obligation, not a treatment.\n\n"
        "----\n\n"
        "Or, if you would rather:\n"
    )
    assert "\n\n\n" not in email.text


def test_the_logo_stands_in_the_head_with_the_name_as_its_alternative() -> None:
    tags = Tags(compiled(HEADING, profile=harbour(logo="nerve-map")).html)

    (logo,) = tags.named("img")
    assert (logo["src"], logo["alt"]) == ("http://127.0.0.1:8000/static/email/art/nerve-map.png", "Harbour Acupuncture")


def test_the_same_content_has_the_same_digest_and_other_content_another() -> None:
    assert compiled(HEADING).digest == compiled(HEADING).digest
    assert compiled(HEADING).digest != compiled(HEADING, profile=harbour(phone="1")).digest


def test_the_sender_is_what_headers_need() -> None:
    email = compiled(HEADING, profile=harbour(sender_name='Dana, at: "Harbour"'))

    assert email.sender == {
        "name": "Dana at Harbour",
        "address": "hello@news.harbour.example",
        "reply_to": "desk@harbour.example",
        "base_url": "http://127.0.0.1:8000",
        "list_id": "newsletter.news.harbour.example",
        "stream": "newsletter",
        "is_automated": False,
        "postal_address": "12 Quay Street",
    }


def test_what_cannot_be_compiled_says_every_problem() -> None:
    with pytest.raises(NotCompilable) as raised:
        compiled({"type": "heading", "text": ""}, subject="{{ nobody }}")

    assert [problem.where for problem in raised.value.problems] == ["Subject", "Block 1 (heading)"]


def test_a_subject_that_the_clinics_words_make_too_long_is_refused() -> None:
    with pytest.raises(NotCompilable):
        compiled(HEADING, subject="{{ clinic_name|x }}" * 3, profile=harbour(name="x" * 120))


def test_an_empty_profile_still_compiles() -> None:
    profile = harbour(name="", practitioner="", postal_address="", phone="", email="", booking_url="", sender_name="")

    email = compiled(HEADING, HELLO, CALL, RED_FLAGS, profile=profile)

    assert email.text.startswith("Your clinic\n")


def test_html_larger_than_any_email_is_refused_before_it_costs_anything() -> None:
    with pytest.raises(ValueError, match="more than any email of ours has"):
        inlining.inline("x" * 300_001)
