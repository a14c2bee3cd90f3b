"""The visitors' look: readable in both schemes, drawn once, and whole where nothing else works."""

import re
import struct
from xml.etree import ElementTree as ET

import pytest
from django.template.loader import render_to_string

from newsletter.content import art
from newsletter.content.colours import contrast
from tests.architecture import tree
from website import errors, illustrations

CSS = illustrations.STYLESHEET.read_text()
SURFACES = ("paper", "raised", "mist")
WORDS = [
    *((ink, surface) for ink in ("ink", "soft", "teal", "teal-deep") for surface in SURFACES),
    ("ink", "wash"), ("clay", "paper"), ("clay", "raised"), ("on-teal", "teal"), ("on-teal", "teal-deep"),
]  # fmt: skip
MARKS = [("field", "paper"), ("field", "raised"), ("dot", "paper"), ("dot", "mist"), ("dot", "wash"), ("clay", "wash")]
BARE = ("400", "403", "404", "429", "500", "503")


def colours(scheme):
    """The names of the stylesheet's colours; the dark ones replace the light."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark, _ = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return light if scheme == "light" else light | dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(scheme):
    palette = colours(scheme)

    assert [pair for pair in WORDS if contrast(palette[pair[0]], palette[pair[1]]) < 4.5] == []
    assert [pair for pair in MARKS if contrast(palette[pair[0]], palette[pair[1]]) < 3] == []


def test_both_schemes_name_the_same_colours():
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark = (set(re.findall(r"--([a-z-]+): #", block)) for block in blocks[:2])

    assert light == dark


def test_no_rule_has_a_colour_of_its_own():
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-f]{6}\b", rules) == []


def test_the_stylesheet_stays_small():
    assert len(CSS.encode()) < 25_000


@pytest.mark.parametrize("name", illustrations.DRAWINGS)
def test_the_pictures_of_emails_are_the_drawings_of_the_article(name):
    drawing = illustrations.DRAWINGS[name]
    kept = illustrations.file(name, "svg").read_text()

    assert kept == illustrations.standalone(drawing) + "\n", "manage.py render_illustrations draws them anew"
    assert ET.fromstring(kept).get("height") == str(illustrations.height(drawing))  # noqa: S314


@pytest.mark.parametrize("name", illustrations.DRAWINGS)
def test_the_pictures_of_emails_are_twice_the_size_they_are_shown_in_and_light(name):
    content = illustrations.file(name, "png").read_bytes()
    width, height = struct.unpack(">II", content[16:24])

    assert (width, height) == (640, 2 * illustrations.height(illustrations.DRAWINGS[name]))
    assert len(content) < 60_000


def test_every_picture_that_emails_can_show_is_drawn():
    drawn = {f"email/art/{name}.png" for name in illustrations.DRAWINGS}

    assert set(art.PICTURES.values()) == drawn
    assert {illustrations.file(name, "png").is_file() for name in illustrations.DRAWINGS} == {True}


def test_drawings_are_described_to_those_who_do_not_see_them():
    for drawing in illustrations.DRAWINGS.values():
        root = ET.fromstring(render_to_string(drawing.template).strip())  # noqa: S314
        assert (root.get("role"), len(root.get("aria-label", "")) > 80) == ("img", True)


@pytest.mark.parametrize("name", BARE)
def test_pages_about_what_went_wrong_need_nothing_that_may_be_broken(name, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        page = render_to_string(f"website/{name}.html")

    assert page.count("<h1>") == 1
    assert 'href="/static/website/site.css"' in page
    assert (tree.ROOT / "static/website/site.css").is_file()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (errors.not_found, 404),
        (errors.broken, 500),
        (errors.malformed, 400),
        (errors.refused, 403),
        (errors.too_many, 429),
        (errors.away, 503),
    ],
)
def test_every_error_has_its_page(rf, answer, status):
    assert answer(rf.get("/")).status_code == status


def test_every_page_has_one_heading_and_names_its_context():
    pages = [path for path in tree.files(".html") if tree.name(path).startswith("templates/website/")]
    whole = [path for path in pages if not path.name.startswith("_") and path.name != "base.html"]

    assert len(whole) > 25
    assert [path.name for path in whole if "Context:" not in path.read_text()] == []
    assert [path.name for path in whole if 'extends "website/' not in path.read_text()] == []
