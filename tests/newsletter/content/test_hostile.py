"""Hostile words in every field: no effect on the mail, and a message that names the place."""

from html import unescape
from typing import Any

import pytest

from newsletter.content import blocks, marks
from newsletter.content.blocks import KINDS, Form
from newsletter.content.compile import NotCompilable
from newsletter.rendering import lint
from newsletter.rendering.letter import prepare
from newsletter.rendering.preview import read
from tests.email import every_block
from tests.newsletter.content.emails import compiled, draft, harbour, rich, text
from tests.newsletter.rendering.revisions import recipient

DJANGO = ["{% include '/etc/passwd' %}", "{% debug %}", "{% load static %}", "{# x #}", "{% 7*7 %}"]
OTHERS = ["${7*7}", "#{7*7}", "<%= 7*7 %>", "*{7*7}", "@(7*7)", "%{7*7}", "[[7*7]]", "{7*7}"]
BRACES = ["{{ settings }}", "{{ 7*7 }}", "{{ ''.__class__ }}", "{{7*7}}", "{{ x|safe }}", "{{-x-}}", "{{ first_name"]
WORDED = {Form.LINE, Form.LINES, Form.RICH}
EVERYWHERE = [
    (kind, name) for kind, found in KINDS.items() for name, field in found.fields.items() if field.form in WORDED
]


def saying(words: str, kind: str, name: str) -> dict[str, Any]:
    """A block of this kind that is fit to be mailed, with these words in one of its fields."""
    shown = next(block for block in every_block.SAMPLES.values() if block["type"] == kind)
    return {**shown, name: words}


@pytest.mark.parametrize(("kind", "name"), EVERYWHERE, ids=lambda said: said)
def test_a_foreign_templates_syntax_is_just_words_in_every_field(kind: str, name: str) -> None:
    payload = " ".join([*DJANGO, *OTHERS])
    escaped = payload.replace("<", "&lt;") if KINDS[kind].fields[name].form is Form.RICH else payload

    email = compiled(rich("<p>Hello</p>"), saying(escaped, kind, name))

    assert payload in email.text
    assert payload in unescape(email.html)


@pytest.mark.parametrize(("kind", "name"), EVERYWHERE, ids=lambda said: said)
def test_braces_that_are_no_field_of_ours_are_a_problem_with_its_place_in_every_field(kind: str, name: str) -> None:
    for payload in BRACES:
        found = draft(text("Hello"), saying(payload, kind, name)).problems()

        assert {problem.code for problem in found} <= {"unknown_field", "unclosed_field"}
        assert [(problem.where.partition(" (")[0], problem.field) for problem in found] == [("Block 2", name)]


@pytest.mark.parametrize("line", ["subject", "preheader"])
@pytest.mark.parametrize("payload", [*DJANGO, *OTHERS, *BRACES])
def test_a_line_of_the_inbox_is_no_template_either(line: str, payload: str) -> None:
    found = draft(text("Hello"), **{line: payload}).problems()

    if payload in BRACES:
        assert {problem.field for problem in found} == {line}
    else:
        assert getattr(compiled(text("Hello"), **{line: payload}), line) == payload


@pytest.mark.parametrize("payload", [*DJANGO, *OTHERS, *BRACES, "<script>alert(1)</script>", '"><img src=x onerror=y>'])
def test_a_readers_name_is_words_wherever_it_stands(payload: str) -> None:
    greeting = "Hello {{ first_name|there }}"
    alt = {"type": "image", "picture": "nerve-map", "alt": greeting}
    letter = prepare(compiled(text(greeting), alt, {"type": "heading", "text": greeting}, subject=greeting))

    copy = read(letter.fill(recipient(first_name=payload)))

    assert copy.text.count(payload) == 3
    assert copy.subject == f"Hello {payload}"
    assert "<script>" not in copy.html
    assert "onerror=y>" not in copy.html
    assert "SECRET" not in copy.html


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Zoë\r\nBcc: eve@example.org", "Zoë Bcc: eve@example.org"),
        ("Zoë\0\u202e\u200b", "Zoë"),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"),
        ("🧘\u200d♀️", "🧘\u200d♀️"),
    ],
)
def test_a_name_with_what_no_header_may_have_costs_nobody_their_mail(typed: str, shown: str) -> None:
    letter = prepare(compiled(text("Hello {{ first_name|there }}"), subject="{{ first_name|you }}, a quiet hour"))

    copy = read(letter.fill(recipient(first_name=typed)))

    assert copy.subject == f"{shown}, a quiet hour"
    assert f"Hello {shown}" in copy.text
    assert copy.source.count("\r\nBcc:") == 0


@pytest.mark.parametrize(
    "typed",
    [
        "{{ first_name|there }} \ue000first_name\ue001x\ue002 https://slot.invalid/confirm\0",
        "{{{ first_name|there }}} {{{{ first_name|there }}}}",
        "{ first_name|there } https://slot.slot.invalidinvalid/confirm SLOT.Invalid",
    ],
)
def test_a_field_typed_into_the_clinics_profile_is_words_and_lets_every_mail_leave(typed: str) -> None:
    named = ("name", "practitioner", "postal_address", "free_call_terms", "footer_text", "signature_name")
    profile = harbour(**dict.fromkeys((*named, "signature_title", "sender_name", "emergency_number"), typed))

    signed = [{"type": "signature"}, {"type": "red_flags"}]
    letter = prepare(compiled(text("{{ practitioner|x }}"), *signed, profile=profile))

    assert "{ first_name|there }" in read(letter.fill(recipient())).text
    assert [why for why in lint.problems(letter.fill(recipient())) if "slot" in why] == []


def test_a_mark_that_somebody_typed_is_refused_with_its_place() -> None:
    with pytest.raises(NotCompilable) as raised:
        compiled(
            {"type": "heading", "text": f"x {marks.words('first_name', 'y')}"}, text("https://slot.invalid/confirm")
        )

    assert {(problem.where, problem.code) for problem in raised.value.problems} == {
        ("Block 1 (heading)", "unmailable"),
        ("Block 2 (text)", "unmailable"),
    }


def test_a_mark_in_two_halves_is_refused_as_a_whole_one_is() -> None:
    halves = rich("<p>https://slot.<strong>invalid</strong>/unsubscribe</p>")

    assert [problem.code for problem in draft(halves).problems()] == ["unmailable"]


def test_five_megabytes_pasted_into_any_field_are_refused_at_once_and_say_so() -> None:
    for kind, name in EVERYWHERE:
        pasted = {"version": 2, "blocks": [saying("<p>" + "x" * 5_000_000, kind, name)]}

        (problem,) = blocks.shape_problems(pasted)
        assert problem.code == "too_large"
        assert "What was pasted last is too long for a letter." in problem.why
