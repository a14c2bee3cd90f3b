"""What other websites are told about where a visitor comes from."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import utm

CHOSEN = (("utm_source", "newsletter"), ("utm_medium", "email"), ("utm_campaign", "new hours"))
ADDED = "utm_source=newsletter&utm_medium=email&utm_campaign=new+hours"


@pytest.mark.parametrize(
    ("url", "tagged"),
    [
        ("https://other.test/page", f"https://other.test/page?{ADDED}"),
        ("https://other.test", f"https://other.test?{ADDED}"),
        ("https://other.test/?a=1&b=%20x", f"https://other.test/?a=1&b=%20x&{ADDED}"),
        ("https://other.test/p#part", f"https://other.test/p?{ADDED}#part"),
        (
            "https://other.test/?UTM_Source=theirs",
            "https://other.test/?UTM_Source=theirs&utm_medium=email&utm_campaign=new+hours",
        ),
        ("/book", "/book"),
        ("/sciatica#nerve-map", "/sciatica#nerve-map"),
        ("https://clinic.test/sciatica", "https://clinic.test/sciatica"),
    ],
)
def test_a_link_keeps_what_it_has_and_our_own_get_nothing(url, tagged, settings):
    settings.PUBLIC_URL = "https://clinic.test"

    assert utm.tag(url, CHOSEN) == tagged
    assert utm.tag(url, ()) == url
    assert utm.tag(tagged, CHOSEN) == tagged


@pytest.mark.parametrize("value", ["sciatica", "Sciatic_Nerve", "back-pain", "pain", "scia\u00adtica", "sci\u0430tica"])
def test_no_value_names_a_condition(value):
    assert utm.problem(value)
    assert utm.tags({"utm_source": "letter", "utm_campaign": value}) == (("utm_source", "letter"),)


def test_what_is_empty_or_unknown_is_not_told():
    assert utm.tags({"utm_source": " letter ", "utm_medium": "", "utm_term": "x"}) == (("utm_source", "letter"),)


@given(st.dictionaries(st.sampled_from(["a", "b c", "ü"]), st.text(max_size=10), max_size=3), st.text(max_size=20))
def test_whatever_is_told_can_be_read_and_nothing_is_lost(query, value):
    url = "https://other.test/?" + "&".join(f"{name}={len(told)}" for name, told in query.items())

    there = dict(parse_qsl(urlsplit(utm.tag(url, (("utm_source", value),))).query, keep_blank_values=True))

    assert there.get("utm_source") == value
    assert there.keys() - {"utm_source"} == set(query)
