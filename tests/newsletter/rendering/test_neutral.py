"""A mail as anybody may read it: no name, no token, nothing counted, nothing that is only between us and one reader."""

from typing import Any

import pytest

from newsletter.content import letterhead
from newsletter.content.compile import Compiled, compile_email
from newsletter.content.compose import Draft
from newsletter.rendering.neutral import Neutral, neutral
from tests.newsletter.content.emails import harbour


def block(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"block{number:03}", **fields}


STOP = '<p>You can <a href="unsubscribe">stop</a> whenever you like, and nobody will ask why you do it.</p>'
BODY = {
    "version": 2,
    "blocks": [
        block(1, type="heading", text="Hello {{ first_name|there }}"),
        block(2, type="text", text='<p>It opened. <a href="article">Read it</a>.</p>'),
        block(3, type="text", text="<p>Only for some.</p>", only={"name": "language", "value": "en"}),
        block(4, type="text", text=STOP),
        block(5, type="button", label="See", target="https://shop.example/a?x=1&utm_source=mail&UTM_Medium=y#z"),
        block(6, type="free_times", heading="Next", fallback="Ask us for a time."),
    ],
}


def frozen() -> Compiled:
    draft = Draft("campaign", "News for {{ first_name|you }}", "Dear {{ first_name|reader }}", BODY, topic="newsletter")
    return compile_email(draft, letterhead.of(harbour()))


def shown() -> Neutral:
    return neutral(frozen())


def test_every_personal_field_says_its_fallback() -> None:
    found = shown()

    assert (found.subject, found.preheader) == ("News for you", "Dear reader")
    assert "Hello there" in found.html
    assert "Hello there" in found.text
    assert "Ask us for a time." in found.text


def test_no_mark_and_no_token_is_left() -> None:
    found = shown()

    for part in found:
        assert "slot.invalid" not in part
        assert not set(part) & {"\ue000", "\ue001", "\ue002"}
        assert "/c/" not in part


def test_links_lead_where_they_say_and_are_not_counted() -> None:
    found = shown()

    base = frozen().sender["base_url"]
    assert f'href="{base}/sciatica"' in found.html
    assert f"{base}/sciatica" in found.text
    assert "https://shop.example/a?x=1#z" in found.text
    assert "utm_" not in (found.html + found.text).lower()


@pytest.mark.parametrize(
    ("written", "leads"),
    [
        ("https://x.example/?token", "https://x.example/?token"),
        ("https://x.example/?q=a%20b&c=d+e&utm_source=mail", "https://x.example/?q=a%20b&c=d+e"),
        ("https://x.example/?%75tm_source=mail", "https://x.example/"),
        ("https://x.example/a;b?x=1;y=2#utm_z", "https://x.example/a;b?x=1;y=2#utm_z"),
    ],
)
def test_what_an_address_says_besides_stays_letter_for_letter(written: str, leads: str) -> None:
    body = {"version": 2, "blocks": [block(1, type="button", label="See", target=written)]}
    found = neutral(compile_email(Draft("campaign", "x", "y", body), letterhead.of(harbour())))

    assert f"See:\n{leads}\n" in found.text


def test_what_is_for_some_is_for_nobody_here() -> None:
    found = shown()

    assert "Only for some" in frozen().html
    assert "Only for some" not in found.html + found.text


def test_what_is_between_the_clinic_and_one_reader_goes_away() -> None:
    found = shown()

    personal = ("Unsubscribe", "Choose what you get", "Already booked", "you agreed", "Tell us", "in the browser")
    for said in personal:
        assert said in frozen().html + frozen().text
        assert said not in found.html
        assert said not in found.text


def test_the_clinics_own_words_stay_where_a_readers_link_stood_among_them() -> None:
    found = shown()

    assert "whenever you like, and nobody will ask why" in found.html
    assert ">stop</a>" not in found.html


def test_who_writes_and_from_where_stays() -> None:
    found = shown()
    head = letterhead.of(harbour())

    assert head.address_lines[0] in found.html
    assert head.address_lines[0] in found.text
    assert "<!DOCTYPE html>" in found.html[:20]
    assert 'charset="utf-8"' in found.html
