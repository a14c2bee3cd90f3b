"""Hostile words in every field: no effect on the mail, and a message that names the place."""

import pytest

from newsletter.content import marks
from newsletter.content.compile import NotCompilable
from tests.newsletter.content.emails import compiled, draft, text


@pytest.mark.parametrize(
    "payload",
    [
        "{% include '/etc/passwd' %}",
        "{{ settings }}",
        "{% debug %}",
        "{{ 7*7 }}",
        "{{ ''.__class__ }}",
        "{# x #}",
        "${7*7}",
    ],
)
def test_template_syntax_is_words_or_a_problem_and_never_run(payload: str) -> None:
    blocks = ({"type": "heading", "text": f"a {payload} b"}, {"type": "quote", "text": payload})
    problems = draft(*blocks).problems()

    if "{{" in payload:
        assert {problem.code for problem in problems} == {"unknown_field"}
    else:
        assert compiled(*blocks).text.count(payload) == 2


def test_a_mark_that_somebody_typed_is_refused_with_its_place() -> None:
    with pytest.raises(NotCompilable) as raised:
        compiled(
            {"type": "heading", "text": f"x {marks.words('first_name', 'y')}"}, text("https://slot.invalid/confirm")
        )

    assert {(problem.where, problem.code) for problem in raised.value.problems} == {
        ("Block 1 (heading)", "unmailable"),
        ("Block 2 (text)", "unmailable"),
    }
