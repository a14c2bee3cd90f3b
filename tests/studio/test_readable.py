"""Lines of an inbox as staff read them."""

import pytest

from newsletter.content import marks
from studio.templatetags.studio import readable


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Plain words", "Plain words"),
        ("", ""),
        ("{{ first_name|there }}, a quiet hour", "[first name], a quiet hour"),
        ("From {{clinic_name|us}}", "From [clinic's name]"),
        ("{{ frist_name }}", "[frist name]"),
        (f"{marks.words('first_name', 'there')}, a quiet hour", "[first name], a quiet hour"),
        ("Half {{ open", "Half {{ open"),
    ],
)
def test_merge_fields_are_named_whether_written_or_frozen(line: str, read: str) -> None:
    assert readable(line) == read
