"""A line of a form shows and takes fields as the composer's chips do, and keeps what the composer keeps."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from newsletter.campaigns.experiments import queries as tests_of
from newsletter.models import Campaign
from studio.forms import lines


@pytest.mark.parametrize(
    ("kept", "read"),
    [
        ("{{ first_name|there }}, a quiet hour", "[first name, or “there”], a quiet hour"),
        ("From {{ clinic_name|the clinic }}", "From [clinic's name, or “the clinic”]"),
        ("Call {{ emergency_number }}", "Call [emergency number]"),
        ("Nothing to fill in", "Nothing to fill in"),
    ],
)
def test_a_line_is_read_as_people_say_it_and_kept_as_it_was(kept: str, read: str) -> None:
    assert (lines.shown(kept), lines.written(read)) == (read, kept)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("[First  Name], hello", "{{ first_name|there }}, hello"),
        ('[first name, or "you"], hello', "{{ first_name|you }}, hello"),
        ("[emergency number]", "{{ emergency_number }}"),
        ("[your own words] and [", "[your own words] and ["),
        ("{{ first_name|you }}", "{{ first_name|you }}"),
    ],
)
def test_what_is_typed_by_hand_is_understood(typed: str, kept: str) -> None:
    assert lines.written(typed) == kept


@given(st.text('ab “”"[]{}|,', max_size=12))
def test_whatever_was_kept_comes_back_from_the_form(fallback: str) -> None:
    """But for spaces within braces, which mean nothing: a field that ends too soon gets the one it lacks."""
    kept = f"{{{{ first_name|{fallback.strip()} }}}} and more"

    assert "".join(lines.written(lines.shown(kept)).split()) == "".join(kept.split())


def test_the_form_of_a_test_shows_no_braces(studio: Client, draft: Campaign) -> None:
    """What is saved is shown by its plain name, and what is typed by it is saved as a field."""
    page = reverse("studio:campaign_ab", args=[draft.pk])
    said = {"what": "subject", "share": 50, "wait_hours": 24, "judged_by": "clicks", "otherwise": "a"}

    answer = studio.post(page, {**said, "words": "[first name], one more thing"})

    assert (answer.status_code, tests_of.of(draft).words) == (302, "{{ first_name|there }}, one more thing")
    shown = studio.get(page)
    assert shown.context["form"]["words"].value() == "[first name, or “there”], one more thing"
    assert "{{" not in re.sub(r"<input type=\"hidden\"[^>]*>", "", shown.text)
    again = studio.post(page, {**said, "share": 0, "words": "{{ first_name|you }}, hello"})
    assert again.context["form"]["words"].value() == "[first name, or “you”], hello"
