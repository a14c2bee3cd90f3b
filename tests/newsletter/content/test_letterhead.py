"""What the brand brings into every mail, and the library's pictures in it."""

import pytest

from clinic.models import Clinic
from newsletter.content import letterhead
from newsletter.content.colours import READABLE, contrast, palette
from newsletter.content.pictures.models import Picture
from tests.newsletter.content.emails import HEADING, compiled, harbour

BASE = "http://127.0.0.1:8000"
SIGNATURE = {"type": "signature", "closing": "Warmly,"}


@pytest.fixture
def photo(db: None) -> Picture:
    return Picture.objects.create(
        name="abc.jpg", label="A room", alt="A quiet room.", width=1200, height=800, size=9, source_digest="d"
    )


def image(**fields: object) -> dict[str, object]:
    return {"type": "image", "picture": "p/abc.jpg", "alt": "A quiet room.", **fields}


@pytest.mark.usefixtures("photo")
def test_a_picture_of_the_library_is_as_wide_as_the_letter_and_no_wider() -> None:
    html = compiled(HEADING, image()).html

    assert f'src="{BASE}/media/abc.jpg" alt="A quiet room." width="528"' in html


def test_a_small_picture_is_shown_as_it_is(photo: Picture) -> None:
    Picture.objects.update(width=200, height=90)

    assert 'alt="A quiet room." width="200"' in compiled(HEADING, image()).html


@pytest.mark.usefixtures("photo")
def test_a_decorative_picture_says_nothing_in_either_part() -> None:
    email = compiled(HEADING, image(alt="A quiet room.", decorative=True))

    assert f'src="{BASE}/media/abc.jpg" alt="" width="528"' in email.html
    assert "quiet room" not in email.text


@pytest.mark.usefixtures("photo")
def test_logo_and_portrait_come_from_the_library() -> None:
    email = compiled(HEADING, SIGNATURE, profile=harbour(logo="p/abc.jpg", signature_picture="p/abc.jpg"))

    assert email.html.count(f"{BASE}/media/abc.jpg") == 2
    assert 'alt="Harbour Acupuncture"' in email.html


@pytest.mark.django_db
def test_a_picture_that_is_gone_is_left_out_and_the_mail_is_not() -> None:
    head = letterhead.of(harbour(logo="p/gone.png", signature_picture="p/gone.png"))

    assert (head.logo, head.signature.picture_url) == (None, "")


@pytest.mark.parametrize(
    ("size", "shown"),
    [((1200, 100), (240, 20)), ((800, 200), (160, 40)), ((300, 900), (13, 40)), ((90, 30), (90, 30))],
)
def test_a_logo_keeps_its_shape_in_the_room_that_there_is(
    photo: Picture, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    Picture.objects.update(width=size[0], height=size[1])

    html = compiled(HEADING, profile=harbour(logo="p/abc.jpg")).html

    assert f'alt="Harbour Acupuncture" width="{shown[0]}" height="{shown[1]}"' in html


@pytest.mark.parametrize(
    ("profile", "lines"),
    [
        ({}, "Warmly,\nDana Reyes\nHarbour Acupuncture\n"),
        ({"signature_name": "Dr Reyes", "signature_title": "R.Ac"}, "Warmly,\nDr Reyes\nR.Ac\nHarbour Acupuncture\n"),
        ({"practitioner": "", "name": ""}, "Warmly,\nYour acupuncturist\nThe clinic\n"),
    ],
)
def test_the_signature_is_the_brands_or_else_the_practitioners(profile: dict[str, str], lines: str) -> None:
    assert lines in compiled(HEADING, SIGNATURE, profile=harbour(**profile)).text


def test_the_brands_face_is_that_of_the_letter() -> None:
    assert "font-family:Verdana" in compiled(HEADING, profile=harbour(font="verdana")).html
    assert "Verdana" not in compiled(HEADING).html


def test_buttons_have_the_brands_colour_or_one_of_their_own() -> None:
    assert palette("#7A1F4B").light.button == "#7A1F4B"
    own = palette("#7A1F4B", "#0B4F2E").light
    assert (own.accent, own.button) == ("#7A1F4B", "#0B4F2E")


@pytest.mark.parametrize("button", ["#FFFFFF", "#000000", "#FFEE00", "#808080", "blue"])
def test_a_button_can_be_read_whatever_colour_was_chosen(button: str) -> None:
    both = palette("#17505A", button)

    for scheme in (both.light, both.dark):
        assert contrast(scheme.button_ink, scheme.button) >= READABLE
        assert contrast(scheme.button, scheme.paper) >= READABLE


@pytest.mark.parametrize("links", [None, "x", {"name": "x"}, ["x"], [{"name": "x"}], [{"url": "https://x.example"}]])
def test_links_that_are_none_are_left_out(links: object) -> None:
    assert letterhead.of(Clinic(social_links=links)).social_links == ()
