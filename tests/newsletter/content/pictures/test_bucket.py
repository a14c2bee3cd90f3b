"""Pictures in a bucket: the same as in a folder, spoken over HTTP to something that answers as S3 does."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from config import env
from newsletter.content.pictures import store
from tests.fakes.s3_bucket import FakeBucket

NAME = "0123456789abcdef01234567.png"


@pytest.fixture(autouse=True)
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBucket]:
    """The settings that an environment with a bucket in it makes."""
    with FakeBucket().running() as running:
        said = {"BUCKET": "clinic", "ENDPOINT": running.url, "REGION": "ca-1", "KEY": "key-name", "SECRET": "secret"}
        for name, value in said.items():
            monkeypatch.setenv(f"PICTURES_{name}", value)
        settings.STORAGES = {**settings.STORAGES, store.ALIAS: env.pictures(settings.VAR_DIR / "pictures")}
        yield running


def test_a_file_is_read_as_it_was_put(bucket: FakeBucket) -> None:
    store.put(NAME, b"a picture")
    store.put(NAME, b"a picture")

    assert bucket.files == {f"/clinic/{NAME}": (b"a picture", "image/png")}
    assert [path for method, path in bucket.asked if method == "PUT"] == [f"/clinic/{NAME}"]
    assert store.read(NAME) == b"a picture"


def test_a_file_is_read_by_one_question(bucket: FakeBucket) -> None:
    store.put(NAME, b"a picture")
    bucket.asked.clear()

    store.read(NAME)

    assert bucket.asked == [("GET", f"/clinic/{NAME}")]


def test_whoever_keeps_copies_of_the_bucket_may_keep_them_for_ever(bucket: FakeBucket) -> None:
    store.put(NAME, b"a picture")

    assert bucket.said == {f"/clinic/{NAME}": "public, max-age=31536000, immutable"}


def test_a_key_that_may_not_list_can_put_a_file(bucket: FakeBucket) -> None:
    bucket.hides = True

    store.put(NAME, b"a picture")

    assert store.read(NAME) == b"a picture"


def test_half_a_file_is_no_file(client: Client, bucket: FakeBucket) -> None:
    store.put(NAME, b"a picture")
    bucket.breaks_off = True

    with pytest.raises(store.StoreFailed):
        store.read(NAME)
    assert client.get(f"/media/{NAME}").status_code == 503


def test_what_is_gone_is_gone(bucket: FakeBucket) -> None:
    store.put(NAME, b"a picture")

    store.drop(NAME)

    assert (store.read(NAME), bucket.files) == (None, {})


def test_a_name_that_is_none_of_ours_is_not_asked_for(bucket: FakeBucket) -> None:
    assert (store.read("../other-clinic/secret.png"), bucket.asked) == (None, [])


def test_a_bucket_that_says_no_is_a_picture_that_was_not_stored(bucket: FakeBucket) -> None:
    bucket.refuses = True

    with pytest.raises(store.StoreFailed, match="Not with this key"):
        store.put(NAME, b"a picture")
    with pytest.raises(store.StoreFailed, match="Not with this key"):
        store.drop(NAME)


def test_visitors_get_it_from_our_own_address(client: Client, bucket: FakeBucket) -> None:
    store.put(NAME, b"a picture")

    answer = client.get(f"/media/{NAME}")

    assert (answer.content, answer.headers["Content-Type"]) == (b"a picture", "image/png")
    assert set(answer.headers["Cache-Control"].split(", ")) == {"public", "max-age=31536000", "immutable"}


def test_while_the_bucket_does_not_answer_nobody_keeps_that_for_a_year(client: Client, bucket: FakeBucket) -> None:
    bucket.refuses = True

    answer = client.get(f"/media/{NAME}")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")


def test_without_a_bucket_there_is_a_folder(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PICTURES_BUCKET")

    kept = env.pictures(settings.VAR_DIR / "pictures")

    assert kept["OPTIONS"] == {"location": settings.VAR_DIR / "pictures"}
