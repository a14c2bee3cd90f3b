"""Two people at the same moment, each on a connection of their own: one waits, and nothing is half done."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic import queries as clinics
from clinic.models import Clinic
from newsletter.content import drafts, publishing, saved_blocks
from newsletter.content.drafts import Conflict
from newsletter.content.models import EmailRevision, EmailTemplate, SavedBlock
from newsletter.content.pictures import services as pictures
from newsletter.content.pictures import store
from newsletter.content.pictures.models import Picture
from newsletter.content.presets import offered
from newsletter.content.services import Wording
from studio.services import drafting
from studio.services import setup as brand
from tests.factories import mail
from tests.factories.clinics import clinic
from tests.factories.people import staff
from tests.newsletter.content.pictures import files
from tests.newsletter.content.pictures.conftest import folder

__all__ = ["folder"]

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
DOOR = files.saved(files.drawing(80, 60), "PNG")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


class Other:
    """What somebody else does meanwhile; `end` is what it came to."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.end: object = None
        self._act = act
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.end = self._act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            self.end = error
        finally:
            connection.close()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Begins when the block was carried out, waits for its commit, and has ended after it."""
        with transaction.atomic():
            yield
            self._thread.start()
            wait_until_somebody_waits_for_a_lock()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()


def wait_until_somebody_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _attempt in range(5000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waited")


@pytest.fixture
def dana() -> User:
    clinic()
    return staff(name="Dana")


@pytest.fixture
def door(dana: User) -> Picture:
    return pictures.add(DOOR, filename="door.png", by=dana, now=NOW).picture


@pytest.fixture
def email(dana: User) -> EmailTemplate:
    return mail.email(kind="step", body=written("As it was"), updated_at=NOW)


def written(text: str) -> dict[str, Any]:
    return {"version": 2, "blocks": [{"id": "aaaaaaaa", "type": "text", "text": f"<p>{text}</p>"}]}


def showing(picture: Picture) -> dict[str, Any]:
    return {"version": 2, "blocks": [image(picture)]}


def image(picture: Picture) -> dict[str, Any]:
    return {"id": "aaaaaaaa", "type": "image", "picture": picture.reference, "alt": "A door", "decorative": False}


def write(email: EmailTemplate, body: dict[str, Any], by: User) -> EmailTemplate:
    return drafts.save(email, Wording("Autumn", "", body), version=1, by=by, now=NOW)


def test_who_saves_a_preset_that_goes_at_that_moment_is_told_so(dana: User) -> None:
    preset, client = mail.email(kind="preset"), Client()
    client.force_login(dana, backend="django.contrib.auth.backends.ModelBackend")
    said = {"version": 1, "subject": "Autumn", "preheader": "", "document": written("Slipped in")}
    url = reverse("studio:email_save", args=[preset.pk])
    other = Other(lambda: client.post(url, said, content_type="application/json").status_code)

    with other.waiting():
        offered.drop(preset, by=dana)

    assert other.end == HTTPStatus.NOT_FOUND


def test_whoever_publishes_while_a_colleague_saves_is_told_and_nothing_goes_out(
    email: EmailTemplate, dana: User
) -> None:
    other = Other(lambda: publishing.publish(email, version=1, by=dana, now=NOW))

    with other.waiting():
        write(email, written("Slipped in"), dana)

    assert isinstance(other.end, Conflict)
    assert other.end.theirs.body == written("Slipped in")
    assert email.variants.count() == 0


def test_whoever_writes_while_the_campaign_is_being_scheduled_is_told(dana: User) -> None:
    campaign = mail.campaign(email=mail.email(body=written("As it was")))
    other = Other(lambda: drafting.save(campaign.email, Wording("A", "", written("x")), version=1, by=dana, now=NOW))

    with other.waiting():
        type(campaign).objects.filter(pk=campaign.pk).update(status="scheduled", start_at=NOW)

    assert isinstance(other.end, drafting.NotEditable)
    assert EmailTemplate.objects.get(pk=campaign.email_id).body == written("As it was")


@transaction.atomic
def write_and_be_cut_off(email: EmailTemplate, by: User) -> None:
    write(email, written("Half"), by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_of_a_save_that_is_cut_off_nothing_is_there_and_a_colleague_goes_on(email: EmailTemplate, dana: User) -> None:
    with pytest.raises(OperationalError):
        write_and_be_cut_off(email, dana)
    connection.close()

    assert (EmailTemplate.objects.get(pk=email.pk).version, EmailRevision.objects.count()) == (1, 0)
    assert write(email, written("Whole"), dana).version == 2
    assert list(EmailRevision.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


def in_a_letter(email: EmailTemplate, door: Picture, dana: User) -> str:
    write(email, showing(door), dana)
    return f"“{email.name}”"


def in_a_saved_block(email: EmailTemplate, door: Picture, dana: User) -> str:
    saved_blocks.save("Our door", image(door), by=dana, now=NOW)
    return "the saved block “Our door”"


def in_the_brand(email: EmailTemplate, door: Picture, dana: User) -> str:
    brand.change_profile({"logo": door.reference}, by=dana, now=NOW)
    return "the clinic's logo"


def test_a_picture_that_is_being_taken_into_use_is_not_deleted(email: EmailTemplate, dana: User, folder: Path) -> None:
    for width, used in enumerate((in_a_letter, in_a_saved_block, in_the_brand), start=80):
        content = files.saved(files.drawing(width, 60), "PNG")
        door = pictures.add(content, filename="door.png", by=dana, now=NOW).picture
        other = Other(partial(pictures.delete, door, by=dana))

        with other.waiting():
            where = used(email, door, dana)

        assert isinstance(other.end, pictures.InUse)
        assert [use.what for use in other.end.uses] == [where]
        assert (folder / door.name).exists()


def test_a_picture_that_is_being_deleted_costs_nobody_a_word(
    email: EmailTemplate, door: Picture, dana: User, folder: Path
) -> None:
    other = Other(lambda: write(email, showing(door), dana))

    with other.waiting():
        pictures.delete(door, by=dana)

    email.refresh_from_db()
    assert (email.version, email.body["blocks"][0]["picture"]) == (2, door.reference)
    assert (Picture.objects.count(), list(folder.iterdir())) == (0, [])


def test_a_picture_that_comes_again_while_it_is_deleted_is_there_with_its_file(door: Picture, dana: User) -> None:
    other = Other(lambda: pictures.add(DOOR + b" ", filename="again.png", by=dana, now=NOW))

    with other.waiting():
        pictures.delete(door, by=dana)
        assert store.read(door.name) is None, "the file goes before anybody can put it there again"

    assert isinstance(other.end, pictures.Added)
    assert (other.end.is_new, other.end.picture) == (True, Picture.objects.get())
    assert store.read(door.name) is not None


def test_two_who_keep_a_block_under_one_name_keep_one(dana: User) -> None:
    divider = {"type": "divider"}
    other = Other(lambda: saved_blocks.save("LINE", divider, by=dana, now=NOW))

    with other.waiting():
        saved_blocks.save("Line", divider, by=dana, now=NOW)

    assert isinstance(other.end, drafts.NotStorable)
    assert SavedBlock.objects.get().name == "Line"


def test_two_who_look_after_the_brand_change_what_each_of_them_changed(dana: User) -> None:
    other = Other(lambda: brand.change_profile({"signature_name": "Dr. Quay"}, by=dana, now=NOW))

    with other.waiting():
        brand.change_profile({"footer_text": "Bus 12"}, by=dana, now=NOW)

    assert isinstance(other.end, Clinic)
    found = clinics.profile()
    assert (found.footer_text, found.signature_name) == ("Bus 12", "Dr. Quay")
