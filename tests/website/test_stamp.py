"""What a form carries from being shown to being sent."""

from datetime import UTC, datetime, timedelta

import pytest

from website.forms import stamp
from website.forms.stamp import BadStamp, Stamp

NOW = datetime(2026, 5, 4, 14, 30, tzinfo=UTC)


def test_what_was_stamped_comes_back_as_it_was():
    shown = Stamp(NOW, "/sciatica", "search.example/find", "abc123")

    assert stamp.read(stamp.sign(shown, form="ask"), form="ask") == shown


def test_a_stamp_is_good_for_its_own_form_only():
    with pytest.raises(BadStamp):
        stamp.read(stamp.sign(Stamp(NOW), form="ask"), form="sign-up")


@pytest.mark.parametrize("text", ["", ":", "a:b", "\x00", "\ud800", "W10:x", "x" * 100_000])
def test_what_is_not_ours_is_refused(text):
    with pytest.raises(BadStamp):
        stamp.read(text, form="ask")


@pytest.mark.parametrize(
    ("age", "is_fresh"),
    [
        (timedelta(seconds=1.9), False),
        (timedelta(seconds=2), True),
        (timedelta(hours=24), True),
        (timedelta(hours=24, seconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_person_needs_two_seconds_and_at_most_a_day(age, is_fresh):
    assert stamp.is_fresh(Stamp(NOW - age), NOW) is is_fresh


@pytest.mark.parametrize(
    ("referrer", "origin"),
    [
        ("https://search.example/find?q=leg#x", "search.example/find"),
        ("https://user:secret@search.example:8443/", "search.example/"),
        ("http://testserver/ask", ""),
        ("", ""),
        ("http://[broken", ""),
        ("https://" + "x" * 400 + ".example/", ("x" * 400)[:200]),
    ],
)
def test_of_the_page_before_only_site_and_path_are_kept(rf, referrer, origin):
    request = rf.get("/sciatica", headers={"Referer": referrer})

    assert stamp.of(request, now=NOW) == Stamp(NOW, "/sciatica", origin)
