"""Pictures of mails, as whoever opens one fetches them."""

import pytest
from django.test import Client

from clinic.models import Clinic
from newsletter.content.pictures import store

pytestmark = pytest.mark.django_db
NAME = "0123456789abcdef01234567.png"
ADDRESS = f"/media/{NAME}"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    kept = {"BACKEND": "newsletter.content.pictures.store.Folder", "OPTIONS": {"location": tmp_path / "pictures"}}
    settings.STORAGES = {**settings.STORAGES, store.ALIAS: kept}
    store.put(NAME, b"a picture")
    return tmp_path / "pictures"


def test_a_picture_is_served_as_what_it_is_and_kept_for_a_year(client: Client) -> None:
    answer = client.get(ADDRESS)

    assert (answer.status_code, answer.content) == (200, b"a picture")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Type": "image/png",
        "Content-Length": "9",
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{NAME}"',
        "X-Content-Type-Options": "nosniff",
    }
    assert {name: answer.headers[name] for name in headers} == headers
    assert answer.cookies == {}


def test_whoever_has_it_already_is_told_so(client: Client) -> None:
    answer = client.get(ADDRESS, headers={"If-None-Match": f'"{NAME}"'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert client.get(ADDRESS, headers={"If-None-Match": '"another"'}).status_code == 200


def test_asking_for_the_head_answers_the_head(client: Client) -> None:
    assert (client.head(ADDRESS).status_code, client.head(ADDRESS).content) == (200, b"")


def test_nothing_can_be_put_there(client: Client) -> None:
    assert client.post(ADDRESS).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/fedcba9876543210fedcba98.png",
        "/media/0123456789abcdef01234567.svg",
        "/media/.draft-1",
        "/media/..%2Fsecrets%2Fsecret_key",
        "/media/../secrets/secret_key",
        f"/media/{NAME}%00",
        f"/media/{NAME}/",
    ],
)
def test_nothing_else_is_served(path: str, client: Client, folder) -> None:
    (folder / ".draft-1").write_bytes(b"half a picture")
    (folder / "0123456789abcdef01234567.svg").write_bytes(b"<svg/>")

    assert client.get(path, headers={"If-None-Match": f'"{NAME}"'}).status_code == 404


def test_the_clinics_logo_has_an_address_that_stays(client: Client, clinic) -> None:
    Clinic.objects.update(logo=f"p/{NAME}")

    answer = client.get("/media/clinic-logo")

    assert (answer.content, answer.headers["Content-Type"]) == (b"a picture", "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("logo", ["", "p/fedcba9876543210fedcba98.png", "nerve-map", "../secrets/secret_key"])
def test_what_is_no_logo_is_not_served(logo: str, client: Client, clinic) -> None:
    Clinic.objects.update(logo=logo)

    assert client.get("/media/clinic-logo").status_code == 404
