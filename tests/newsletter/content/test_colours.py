import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import colours
from newsletter.content.colours import Scheme, contrast, palette

any_colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")


def pairs(scheme: Scheme) -> dict[str, float]:
    """Every pair of words and ground that a mail has."""
    return {
        "words": contrast(scheme.ink, scheme.paper),
        "quiet words": contrast(scheme.quiet, scheme.paper),
        "foot": contrast(scheme.quiet, scheme.page),
        "links": contrast(scheme.accent, scheme.paper),
        "button": contrast(scheme.button_ink, scheme.button),
        "alarm": contrast(scheme.ink, scheme.alarm),
    }


@settings(deadline=None)
@given(any_colour)
def test_every_pair_is_readable_whatever_the_clinics_accent(accent: str) -> None:
    chosen = palette(accent)

    found = {**pairs(chosen.light), **{f"dark {name}": ratio for name, ratio in pairs(chosen.dark).items()}}
    assert {name: ratio for name, ratio in found.items() if ratio < 4.5} == {}


@settings(deadline=None)
@given(any_colour)
def test_the_button_stands_out_from_the_paper(accent: str) -> None:
    chosen = palette(accent)

    assert contrast(chosen.light.button, chosen.light.paper) >= 3
    assert contrast(chosen.dark.button, chosen.dark.paper) >= 3


def test_a_readable_accent_is_kept_as_it_is() -> None:
    assert palette("#17505A").light.accent == "#17505A"


@pytest.mark.parametrize("broken", ["", "red", "#12345", "#17505A;}body{display:none"])
def test_what_is_no_colour_gives_way_to_the_house_colour(broken: str) -> None:
    assert palette(broken) == palette(colours.TEAL)


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)
