"""The library's page and what its script asks."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from clinic.models import Clinic
from newsletter.content.pictures import store as picture_store
from newsletter.content.pictures.encode import LARGEST_FILE
from newsletter.models import EmailTemplate, Picture
from studio.views.pictures import A_PAGE
from tests.newsletter.content.pictures import files
from tests.newsletter.content.pictures.conftest import folder

__all__ = ["folder"]

DOOR = files.saved(files.drawing(800, 600), "PNG")


def file(content: bytes = DOOR, name: str = "front_door.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def upload(studio: Client, *args: str | bytes):
    return studio.post(reverse("studio:picture_upload"), {"file": file(*args)})


@pytest.fixture
def door(studio: Client) -> Picture:
    upload(studio)
    return Picture.objects.get()


def test_a_script_is_told_of_the_picture_that_it_uploaded(studio: Client, owner: User) -> None:
    answer = upload(studio)

    picture = Picture.objects.get()
    assert (answer.status_code, picture.uploaded_by) == (201, owner)
    assert answer.json() == {
        "name": picture.reference,
        "url": f"/media/{picture.name}",
        "width": 600,
        "height": 450,
        "alt": "",
        "decorative": False,
        "label": "front door",
        "is_new": True,
        "note": "",
    }
    assert studio.get(answer.json()["url"]).content == files_of(picture)


def test_what_no_longer_moves_is_said(studio: Client) -> None:
    said = upload(studio, files.animation(1000), "wave.gif", "image/gif").json()["note"]
    page = studio.post(
        reverse("studio:picture_add"), {"file": file(files.animation(900, 50, 30), "wave.gif")}, follow=True
    )

    assert "stands still" in said
    assert f"In the library: wave {said}" in page.text


def files_of(picture: Picture) -> bytes:
    return picture_store.read(picture.name) or b""


def test_the_same_file_again_is_the_same_picture(studio: Client, door: Picture) -> None:
    answer = upload(studio)

    assert (answer.status_code, answer.json()["name"], answer.json()["is_new"]) == (201, door.reference, False)


def test_a_script_gets_the_whole_library_or_what_fits(studio: Client, door: Picture) -> None:
    upload(studio, files.saved(files.drawing(90, 90), "PNG"), "herbs.png")

    whole, found = (studio.get(reverse("studio:pictures"), {"q": words}).json() for words in ("", "door"))
    assert [one["label"] for one in whole["pictures"]] == ["herbs", "front door"]
    assert [one["name"] for one in found["pictures"]] == [door.reference]
    assert (whole["page"], whole["pages"]) == (1, 1)


def many(count: int) -> list[Picture]:
    names = [f"{number:024d}.png" for number in range(count)]
    return Picture.objects.bulk_create(
        Picture(name=name, label=f"No {name}", width=80, height=60, size=9, source_digest=name) for name in names
    )


def test_a_script_gets_a_large_library_page_by_page(studio: Client) -> None:
    made = many(2 * A_PAGE + 1)
    pages = [studio.get(reverse("studio:pictures"), {"page": page}).json() for page in (1, 2, 3, 4, "x")]

    names = [one["name"] for page in pages[:3] for one in page["pictures"]]
    assert [len(page["pictures"]) for page in pages] == [A_PAGE, A_PAGE, 1, 1, A_PAGE]
    assert [(page["page"], page["pages"]) for page in pages] == [(1, 3), (2, 3), (3, 3), (3, 3), (1, 3)]
    assert sorted(names) == sorted(picture.reference for picture in made)


def test_a_script_that_knows_a_name_gets_that_picture_wherever_it_stands(studio: Client) -> None:
    made = many(A_PAGE + 1)
    first, last = made[0].reference, made[-1].reference

    found = studio.get(reverse("studio:pictures"), {"name": [first, last, "p/gone.png", "\0", "nerve-map"]}).json()

    assert sorted(one["name"] for one in found["pictures"]) == [first, last]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.png", "empty"),
        (b"Dear Dana", "a.png", "no picture"),
        (DOOR[:300], "a.png", "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", "SVG"),
        (files.bomb(50_000, 50_000), "a.png", "too many pixels"),
        (b"\0" * (LARGEST_FILE + 1), "a.png", "larger than 20 MB"),
        (b"\0" * 50 * 2**20, "a.png", "larger than 20 MB"),
    ],
    ids=["empty", "words", "truncated", "svg", "bomb", "large", "huge"],
)
def test_what_is_refused_says_why_and_changes_nothing(content: bytes, name: str, says: str, studio: Client) -> None:
    answer = upload(studio, content, name)

    assert (answer.status_code, Picture.objects.count()) == (422, 0)
    assert says in answer.json()["why"]


def test_an_upload_of_nothing_is_explained(studio: Client) -> None:
    answer = studio.post(reverse("studio:picture_upload"), {"file": "words"})

    assert (answer.status_code, answer.json()) == (422, {"why": "Choose a picture first."})


@pytest.mark.parametrize("name", ["../../../etc/passwd.png", "x.exe", "x\0.png", "\u202egnp.exe", "a" * 900 + ".png"])
def test_a_name_is_only_a_label(name: str, studio: Client, folder) -> None:
    answer = upload(studio, DOOR, name)

    assert answer.status_code == 201
    assert [one.name for one in folder.iterdir()] == [Picture.objects.get().name]


def test_a_folder_that_takes_nothing_is_said_kindly(studio: Client, folder) -> None:
    folder.write_text("a file stands where the folder should be")

    answer = upload(studio)

    assert (answer.status_code, Picture.objects.count()) == (422, 0)
    assert "tell whoever looks after the server" in answer.json()["why"]


def test_where_no_script_runs_the_form_takes_several(studio: Client) -> None:
    two = [file(), file(b"no picture", "words.txt")]

    page = studio.post(reverse("studio:picture_add"), {"file": two}, follow=True)

    assert [str(said) for said in page.context["messages"]] == [
        "In the library: front door",
        "words.txt: This is no picture that can be read. Save it as JPEG or PNG and try again.",
    ]


def describe(studio: Client, picture: Picture, **said: str):
    prefix = picture.name[:8]
    fields = {f"{prefix}-{name}": value for name, value in said.items()}
    return studio.post(reverse("studio:picture_describe", args=[picture.name]), fields)


def test_a_picture_is_described(studio: Client, door: Picture) -> None:
    describe(studio, door, label="Our door", alt="A green door\nbeside the bakery")

    door.refresh_from_db()
    assert (door.label, door.alt) == ("Our door", "A green door beside the bakery")


def test_a_picture_says_something_or_only_decorates(studio: Client, door: Picture) -> None:
    page = describe(studio, door, label="Our door", alt=" ")
    describe(studio, door, label="Our door", is_decorative="on")

    assert "Say what the picture shows" in page.text
    assert Picture.objects.get().is_decorative


def test_the_page_shows_what_there_is_and_what_fits(studio: Client, door: Picture) -> None:
    pages = [studio.get(reverse("studio:library"), {"q": words}).text for words in ("", "door", "bus")]

    assert [f"/media/{door.name}" in page for page in pages] == [True, True, False]
    assert "No picture fits" in pages[2]


def test_whoever_looked_for_something_is_there_again_after_saving(studio: Client, door: Picture) -> None:
    prefix = door.name[:8]
    said = {f"{prefix}-label": "Our door", f"{prefix}-alt": "A green door", "q": "door & more", "page": "2"}

    answer = studio.post(reverse("studio:picture_describe", args=[door.name]), said)

    assert answer.headers["Location"] == f"{reverse('studio:library')}?q=door+%26+more&page=2#p-{door.name}"


@pytest.mark.parametrize("words", ["\0", "door\0", "x" * 5000, "\ud800", "%", "_"])
def test_whatever_is_looked_for_is_answered(words: str, studio: Client, door: Picture) -> None:
    assert studio.get(reverse("studio:library"), {"q": words.encode("utf-8", "replace")}).status_code == 200
    assert studio.get(reverse("studio:pictures"), {"q": words.encode("utf-8", "replace")}).status_code == 200


def test_the_page_asks_as_often_for_three_as_for_one(studio: Client, door: Picture) -> None:
    asked = []
    for widths in ([50], [60, 70]):
        for width in widths:
            upload(studio, files.saved(files.drawing(width, 50), "PNG"), "a.png")
        with CaptureQueriesContext(connection) as queries:
            studio.get(reverse("studio:library"))
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_an_empty_library_teaches(studio: Client) -> None:
    assert "No pictures yet" in studio.get(reverse("studio:library")).text


def test_a_picture_in_use_stays_and_the_page_says_where(studio: Client, door: Picture) -> None:
    Clinic.objects.update(logo=door.reference)

    page = studio.post(reverse("studio:picture_delete", args=[door.name]), follow=True)

    assert [str(said) for said in page.context["messages"]] == [
        "“front door” stays, because it is used: the clinic's logo."
    ]
    assert Picture.objects.get() == door


def test_of_many_places_the_first_few_are_named(studio: Client, door: Picture) -> None:
    for name in "ABCDEF":
        EmailTemplate.objects.create(kind="campaign", name=name, body={"blocks": [{"picture": door.reference}]})

    page = studio.post(reverse("studio:picture_delete", args=[door.name]), follow=True)

    assert [str(said) for said in page.context["messages"]] == [
        "“front door” stays, because it is used in 6 places: “A”; “B”; “C”; “D”; and 2 more."
    ]


def test_a_picture_that_nothing_uses_goes(studio: Client, door: Picture) -> None:
    studio.post(reverse("studio:picture_delete", args=[door.name]))

    assert Picture.objects.count() == 0
