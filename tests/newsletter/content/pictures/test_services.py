"""The library: what comes in, what is found again, what may go."""

from pathlib import Path

import pytest

from accounts.models import AuditEvent, User
from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.content import services as content
from newsletter.content.models import CompiledEmail, EmailKind, EmailRevision, EmailTemplate, SavedBlock, Variant
from newsletter.content.pictures import queries, services, store, uses
from newsletter.content.pictures.models import Picture
from newsletter.content.pictures.unfit import Unfit
from newsletter.models import Chunk, Later, Outcome
from tests.factories import mail, people
from tests.newsletter.content.pictures import files

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> User:
    return User.objects.create(email="dana@harbour.example", name="Dana")


@pytest.fixture
def door(dana: User) -> Picture:
    return add(files.drawing(800, 600), dana, "front_door.png").picture


def add(picture, by: User, filename: str = "a.png") -> services.Added:
    return services.add(files.saved(picture, "PNG"), filename=filename, by=by, now=database_now())


def email(body: dict[str, object], name: str = "Autumn") -> EmailTemplate:
    return EmailTemplate.objects.create(kind=EmailKind.CAMPAIGN, name=name, subject="A quiet hour", body=body)


def shows(picture: Picture) -> dict[str, object]:
    block = {"id": "aaaaaaaa", "type": "image", "picture": picture.reference, "alt": "A door", "decorative": False}
    return {"version": 2, "blocks": [{**block, "caption": "", "target": ""}]}


def test_what_comes_in_is_kept_under_a_name_of_its_own(door: Picture, dana: User, folder: Path) -> None:
    (file,) = folder.iterdir()

    assert (file.name, file.stat().st_size) == (door.name, door.size)
    assert (door.label, door.alt, door.width, door.height, door.uploaded_by) == ("front door", "", 800, 600, dana)
    assert AuditEvent.objects.filter(act="picture.added", by=dana).count() == 1


def test_a_mail_shows_it_at_half_its_pixels_at_most_and_never_wider_than_the_letter(door: Picture, dana: User) -> None:
    small = add(files.drawing(120, 90), dana).picture

    assert queries.resolve(door.reference) == queries.Shown(f"http://127.0.0.1:8000/media/{door.name}", 600, 450)
    assert (queries.resolve(small.reference).width, queries.resolve(small.reference).height) == (120, 90)


@pytest.mark.parametrize("name", ["p/", "p/../settings.py", "p/0123", "../nerve-map", "nothing"])
def test_a_name_of_nothing_leads_nowhere(name: str) -> None:
    with pytest.raises(queries.NoSuchPicture):
        queries.resolve(name)


def test_a_drawing_that_ships_has_its_name_too() -> None:
    assert queries.resolve("nerve-map").url == "http://127.0.0.1:8000/static/email/art/nerve-map.png"


def test_the_same_file_again_is_found(door: Picture, dana: User) -> None:
    again = add(files.drawing(800, 600), dana, "another name.png")

    assert (again.picture, again.is_new) == (door, False)


def test_the_same_picture_in_another_file_is_found(dana: User) -> None:
    first = services.add(files.saved(files.drawing(), "PNG"), filename="a.png", by=dana, now=database_now())
    second = services.add(
        files.saved(files.drawing(), "PNG", compress_level=1), filename="b.png", by=dana, now=database_now()
    )

    assert (second.picture, second.is_new, Picture.objects.count()) == (first.picture, False, 1)


def test_a_file_that_was_lost_comes_back_with_the_next_upload(door: Picture, dana: User, folder: Path) -> None:
    (folder / door.name).unlink()

    add(files.drawing(800, 600), dana)

    assert store.read(door.name) is not None


def test_a_lost_file_that_is_drawn_otherwise_by_now_is_a_picture_beside_the_old_one(
    door: Picture, dana: User, folder: Path
) -> None:
    """As after a new release of Pillow: the same upload, other bytes, another name."""
    Picture.objects.update(name="0123456789abcdef01234567.png")
    (folder / door.name).unlink()

    again = add(files.drawing(800, 600), dana)

    assert (again.is_new, again.picture.name, Picture.objects.count()) == (True, door.name, 2)
    assert add(files.drawing(800, 600), dana) == services.Added(again.picture, is_new=False)


def test_a_file_that_cannot_be_taken_away_keeps_no_picture(door: Picture, dana: User, folder: Path) -> None:
    (folder / door.name).unlink()
    (folder / door.name).mkdir()
    (folder / door.name / "something").touch()

    services.delete(door, by=dana)
    services.delete(door, by=dana)

    assert Picture.objects.count() == 0
    assert AuditEvent.objects.filter(act="picture.deleted").count() == 1


def test_what_is_refused_changes_nothing(dana: User, folder: Path) -> None:
    with pytest.raises(Unfit):
        services.add(b"no picture", filename="a.png", by=dana, now=database_now())

    assert (Picture.objects.count(), AuditEvent.objects.count(), folder.exists()) == (0, 0, False)


def test_a_folder_that_takes_nothing_leaves_nothing_behind(dana: User, folder: Path) -> None:
    folder.write_text("a file stands where the folder should be")

    with pytest.raises(store.StoreFailed):
        add(files.drawing(), dana)

    assert (Picture.objects.count(), store.trouble() != "") == (0, True)


@pytest.mark.parametrize(
    ("filename", "label"),
    [
        ("front_door.png", "front door"),
        ("../../etc/passwd.png", "passwd"),
        ("C:\\Photos\\Treatment room.JPG", "Treatment room"),
        ("evil\u202egpj.exe\0.png", "evil gpj.exe"),
        (".png", "png"),
        ("", "Picture"),
        ("x" * 300 + ".png", "x" * 120),
    ],
)
def test_a_label_is_made_of_what_the_file_is_called(filename: str, label: str) -> None:
    assert services.label_of(filename) == label


def test_what_decorates_says_nothing(door: Picture, dana: User) -> None:
    services.describe(door, label="Door", alt="A door", is_decorative=True, by=dana)

    door.refresh_from_db()
    assert (door.label, door.alt, door.is_decorative) == ("Door", "", True)


def test_words_of_the_label_and_of_the_description_find_it(door: Picture, dana: User) -> None:
    services.describe(door, label="Front door", alt="A green door beside the bakery", is_decorative=False, by=dana)
    add(files.drawing(50, 50), dana, "Herbs.png")

    found = [[picture.label for picture in queries.library(words)] for words in ("bakery door", "HERBS", "", "bus")]
    assert found == [["Front door"], ["Herbs"], ["Herbs", "Front door"], []]


def test_what_nothing_uses_goes_with_its_file(door: Picture, dana: User, folder: Path) -> None:
    add(files.drawing(50, 50), dana)

    services.delete(door, by=dana)

    assert Picture.objects.filter(pk=door.pk).count() == 0
    assert [file.name for file in folder.iterdir()] == [Picture.objects.get().name]
    assert AuditEvent.objects.filter(act="picture.deleted", by=dana).count() == 1


def used_in_a_draft(door: Picture, dana: User) -> str:
    email(shows(door))
    return "“Autumn”"


def frozen(door: Picture) -> CompiledEmail:
    variant = Variant.objects.create(email=email({}))
    html = f'<img src="{queries.address(door.name)}">'
    return CompiledEmail.objects.create(variant=variant, number=1, subject="A", html=html, text="A", digest="d")


def used_in_what_goes_out(door: Picture, dana: User) -> str:
    revision = frozen(door)
    Variant.objects.filter(pk=revision.variant_id).update(current=revision)
    return "“Autumn”, as it goes out or went out"


def used_in_what_went_out(door: Picture, dana: User) -> str:
    revision = frozen(door)
    gone = mail.delivery(people.lead(), state=1, variant_id=revision.variant_id)
    Outcome.objects.filter(pk=gone.pk).update(revision_id=revision.pk)
    return "“Autumn”, as it goes out or went out"


def used_in_what_may_have_gone_out(door: Picture, dana: User) -> str:
    mail.uncertain(people.lead(), variant_id=frozen(door).variant_id)
    return "“Autumn”, as it goes out or went out"


def used_in_what_is_on_its_way(door: Picture, dana: User) -> str:
    planned = mail.delivery(people.lead(), variant_id=frozen(door).variant_id)
    Chunk.objects.filter(pk=planned.chunk_id).update(mark=1)
    return "“Autumn”, as it goes out or went out"


def used_in_what_is_tried_again(door: Picture, dana: User) -> str:
    planned = mail.delivery(people.lead(), variant_id=frozen(door).variant_id)
    Later.objects.create(delivery_id=planned.pk, lane="marketing", due_at=database_now(), marked_at=database_now())
    return "“Autumn”, as it goes out or went out"


def used_in_what_was_closed_as_sent(door: Picture, dana: User) -> str:
    mail.delivery(people.lead(), state=6, variant_id=frozen(door).variant_id)
    return "“Autumn”, as it goes out or went out"


def used_in_an_earlier_version(door: Picture, dana: User) -> str:
    now = database_now()
    EmailRevision.objects.create(email=email({}), version=1, body=shows(door), began_at=now, saved_at=now)
    return "an earlier version of “Autumn”"


def used_in_a_saved_block(door: Picture, dana: User) -> str:
    block = {"type": "image", "picture": door.reference}
    SavedBlock.objects.create(name="Our door", block=block, saved_at=database_now(), saved_by=dana)
    return "the saved block “Our door”"


def used_as_the_logo(door: Picture, dana: User) -> str:
    Clinic.objects.create(id=1, logo=door.reference)
    return "the clinic's logo"


def used_as_the_portrait(door: Picture, dana: User) -> str:
    Clinic.objects.create(id=1, signature_picture=door.reference)
    return "the portrait of the signature"


@pytest.mark.parametrize(
    "used",
    [
        used_in_a_draft,
        used_in_what_goes_out,
        used_in_what_went_out,
        used_in_what_may_have_gone_out,
        used_in_what_is_on_its_way,
        used_in_what_is_tried_again,
        used_in_what_was_closed_as_sent,
        used_in_an_earlier_version,
        used_in_a_saved_block,
        used_as_the_logo,
        used_as_the_portrait,
    ],
)
def test_what_is_used_stays_and_says_where(used, door: Picture, dana: User, folder: Path) -> None:
    where = used(door, dana)

    with pytest.raises(services.InUse) as refused:
        services.delete(door, by=dana)

    assert [use.what for use in refused.value.uses] == [where]
    assert (Picture.objects.get(), (folder / door.name).exists()) == (door, True)


def test_what_was_frozen_and_never_left_keeps_no_picture(door: Picture, dana: User) -> None:
    """As when a logo was tried on the brand's page and taken back: every mail of the course was frozen with it."""
    revision = frozen(door)
    refused = mail.delivery(people.lead(), state=2, variant_id=revision.variant_id)
    Outcome.objects.filter(pk=refused.pk).update(revision_id=revision.pk)
    mail.delivery(people.lead(), variant_id=revision.variant_id)

    services.delete(door, by=dana)

    assert Picture.objects.count() == 0


def test_an_email_is_named_once_by_its_strongest_reason(door: Picture, dana: User) -> None:
    wording = content.Wording("A quiet hour", "For you.", shows(door))
    content.create(wording, kind=EmailKind.CAMPAIGN, name="Winter", now=database_now())
    used_in_what_goes_out(door, dana)

    assert [use.what for use in uses.of(door)] == ["“Autumn”, as it goes out or went out", "“Winter”"]


def test_the_library_knows_how_many_drafts_show_a_picture(door: Picture, dana: User) -> None:
    other = add(files.drawing(50, 50), dana).picture
    for name in ("Autumn", "Winter"):
        email(shows(door), name)

    drafted = uses.in_drafts()
    assert (drafted[door.reference], drafted[other.reference]) == (2, 0)
