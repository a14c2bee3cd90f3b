import re

import pytest

from newsletter.content import fields, labels, marks

FIRST_NAME = frozenset({"first_name"})


def test_a_recipients_field_becomes_a_mark_with_its_fallback() -> None:
    assert fields.resolve("Hello {{ first_name|there }},", {}) == f"Hello {marks.words('first_name', 'there')},"


@pytest.mark.parametrize("written", ["{{first_name|there}}", "{{  first_name  |  there  }}", "{{ first_name|there }}"])
def test_blanks_in_a_field_do_not_matter(written: str) -> None:
    assert fields.resolve(written, {}) == marks.words("first_name", "there")


def test_a_field_that_is_opened_and_then_blank_costs_no_time() -> None:
    """Trying every way to share the blanks out would take a process of the website for minutes."""
    text = "{{" + " " * 8000

    (problem,) = fields.problems(text, FIRST_NAME)
    why = "Two braces stand alone: a field is not whole. Take them out, and choose the field from the menu."
    assert problem == ("unclosed_field", why)
    assert fields.resolve(text, {}) == text


def test_a_clinics_field_is_filled_in_at_once() -> None:
    assert fields.resolve("{{ clinic_name|The clinic }}", {"clinic_name": "Harbour"}) == "Harbour"


def test_an_empty_clinics_field_gives_way_to_its_fallback() -> None:
    assert fields.resolve("{{ clinic_name|The clinic }}", {"clinic_name": ""}) == "The clinic"
    assert fields.resolve("[{{ phone }}]", {"phone": ""}) == "[]"


def test_a_known_field_has_no_problems() -> None:
    assert list(fields.problems("{{ first_name|there }} {{ clinic_name|us }} {{ free_call_terms }}", FIRST_NAME)) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ firstname|there }}",
        "{{ when }}",
        "{{ settings.SECRET_KEY }}",
        "{{ first_name|default:clinic }}{{ ''.__class__ }}",
        "{{ }}",
        "{{ first_name",
        "first_name }}",
        "{{ {{ first_name|there }} }}",
        "{{ first_name }}",
        "{{ first_name| }}",
        "https://slot.invalid/unsubscribe",
        "\ue000first_name\ue001there\ue002",
        "https://slot.{{ clinic_name|invalid }}/unsubscribe",
    ],
)
def test_everything_else_is_a_problem(text: str) -> None:
    assert len(list(fields.problems(text, FIRST_NAME))) >= 1


def test_an_unknown_field_is_named_with_those_that_are_known() -> None:
    (problem,) = fields.problems("{{ frist_name|there }}", FIRST_NAME)

    assert problem.code == "unknown_field"
    beginning = "There is no field “frist_name” here. Known are: The reader's first name, The clinic's name, "
    assert problem.why.startswith(beginning)


@pytest.mark.parametrize(
    "text",
    ["{{ when }}", "{{ first_name }}", "{{ phone| }}", "{{ first_name", "{{ free_times }}", "{{ frist_name|x }}"],
)
def test_what_is_said_of_a_field_calls_it_as_the_menu_does(text: str) -> None:
    """Neither braces nor the names that only programs know."""
    said = " ".join(problem.why for problem in fields.problems(text, FIRST_NAME))

    assert said
    assert not re.search("[{}|]", said)
    assert not any(re.search(rf"\b{name}\b", said) for name in labels.LABELS if "_" in name)


def test_every_field_has_a_name_for_people() -> None:
    kinds = [("campaign", None), ("transactional", "appointment-booked")]

    assert set(labels.LABELS) == fields.CLINIC.union(*(fields.slots(*kind) for kind in kinds))


@pytest.mark.parametrize("name", sorted(fields.MAY_BE_EMPTY - {"first_name", "free_times", "phone_hint"}))
def test_what_the_clinic_may_have_left_empty_needs_a_fallback(name: str) -> None:
    (problem,) = fields.problems(f"{{{{ {name} }}}}", FIRST_NAME)

    assert problem.code == "missing_fallback"
    assert list(fields.problems(f"{{{{ {name}|so }}}}", FIRST_NAME)) == []


def test_a_template_tag_is_just_words() -> None:
    assert fields.resolve("{% load static %}{# note #}", {}) == "{% load static %}{# note #}"


def test_words_without_fields_are_what_a_reader_would_see() -> None:
    assert fields.without("Hello {{ first_name|there }}{{ phone }}!") == "Hello there!"


@pytest.mark.parametrize(
    ("kind", "key", "slots"),
    [
        ("campaign", None, {"first_name", "free_times"}),
        ("step", "course-16", {"first_name", "free_times"}),
        ("transactional", "confirmation", set()),
        ("transactional", "inquiry-answer", set()),
        ("transactional", "appointment-booked", {"when", "phone_hint"}),
    ],
)
def test_mails_to_an_unproved_mailbox_know_no_name(kind: str, key: str | None, slots: set[str]) -> None:
    assert fields.slots(kind, key) == slots
