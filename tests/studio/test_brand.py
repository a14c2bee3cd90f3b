"""The brand's page: what is typed is shown and judged at once, saved by one button, and stands in the next mail."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic import queries
from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.content import colours
from newsletter.models import CompiledEmail, Picture, Variant
from newsletter.rendering import letter, preview
from studio.forms.brand import BRAND_FIELDS, BrandForm
from studio.queries.look import in_scheme
from tests.factories import stock
from tests.factories.clinics import clinic
from tests.studio.campaigns import campaign


def brand(**changes: object) -> dict[str, object]:
    """What the page's form sends, with these fields changed."""
    form = BrandForm(instance=queries.profile())
    said = {name: form[name].value() or "" for name in form.fields}
    return {**said, "seen": form.shown, **changes}


def save(studio: Client, **changes: object):
    return studio.post(reverse("studio:brand"), brand(**changes))


def sample(studio: Client, **changes: object) -> dict:
    return studio.post(reverse("studio:brand_sample"), brand(**changes)).json()


def picture(name: str = "0123456789abcdef01234567.png") -> Picture:
    return Picture.objects.create(name=name, label="Our door", width=800, height=600, size=9, source_digest=name)


def test_saving_what_is_there_changes_nothing(studio: Client) -> None:
    before = Clinic.objects.values().get()

    save(studio)

    assert Clinic.objects.values().get() == before


def test_the_page_shows_every_field_and_a_mail(studio: Client) -> None:
    page = studio.get(reverse("studio:brand"))

    assert set(BRAND_FIELDS) <= set(page.context["form"].fields)
    assert reverse("studio:brand_letter") in page.text
    letter = studio.get(reverse("studio:brand_letter"))
    assert "12 Harbour Street" in letter.text
    assert "style-src 'unsafe-inline'" in letter.headers["Content-Security-Policy"]


def test_a_brand_stands_in_the_next_mail(studio: Client, owner: User) -> None:
    stock.mails(database_now())
    shown = picture()

    answer = save(
        studio,
        logo=shown.reference,
        brand_colour="#5b2a86",
        footer_text="Bus 12 stops at the door.",
        social_0_name="Instagram",
        social_0_url="https://instagram.example/harbour",
    )

    assert answer.status_code == 302
    first = Variant.objects.select_related("current").get(email__key="course-0").current
    assert first is not None
    for words in (shown.name, "#5B2A86", "Bus 12 stops at the door.", "https://instagram.example/harbour"):
        assert words in first.html
    assert queries.profile().social_links == [{"name": "Instagram", "url": "https://instagram.example/harbour"}]
    changed = AuditEvent.objects.get(act="clinic.changed", by=owner).detail["fields"]
    assert changed == ["brand_colour", "footer_text", "logo", "social_links"]


def test_all_of_the_brand_arrives_in_the_bytes_of_a_mail(studio: Client) -> None:
    stock.mails(database_now())
    logo, portrait = picture(), picture("fedcba9876543210fedcba98.jpg")

    save(
        studio,
        logo=logo.reference,
        signature_picture=portrait.reference,
        brand_colour="#5B2A86",
        button_colour="#0B4F2E",
        font="verdana",
        footer_text="Bus 12 stops at the door.\r\nRing twice.",
        postal_address="7 Quay Street\r\nHalifax",
        signature_name="Dr. Ada Quay",
        signature_title="R.Ac, twelve years with sciatica",
        social_0_name="Instagram",
        social_0_url="https://instagram.example/harbour",
    )

    mail = as_it_leaves("course-0")
    for words in (
        f'/media/{logo.name}" alt="Harbour Acupuncture" width="53" height="40"',
        f"/media/{portrait.name}",
        "#5B2A86",
        "background-color:#0B4F2E",
        "font-family:Verdana",
        "Bus 12 stops at the door.<br>Ring twice.",
        "<br>7 Quay Street<br>Halifax",
        "<strong>Dr. Ada Quay</strong>",
        "R.Ac, twelve years with sciatica",
        'href="https://instagram.example/harbour"',
    ):
        assert words in mail.html
    for words in (
        "Bus 12 stops at the door.\nRing twice.\n",
        "\n7 Quay Street\nHalifax\n",
        "\nDr. Ada Quay\nR.Ac, twelve years with sciatica\n",
        "\nInstagram: https://instagram.example/harbour\n",
    ):
        assert words in mail.text


def as_it_leaves(key: str) -> preview.Preview:
    """The finished bytes of a mail that goes out by itself, made by what the senders use, and read back."""
    current = Variant.objects.select_related("current").get(email__key=key, label="A").current
    assert current is not None
    return preview.read(letter.prepare(current).fill(reader()))


def reader() -> letter.Recipient:
    return preview.sample("http://127.0.0.1:8000", sent_at=database_now())


def test_the_sample_of_a_real_mail_is_that_mail(studio: Client) -> None:
    stock.mails(database_now())
    save(studio, brand_colour="#5B2A86", footer_text="Bus 12 stops at the door.")

    shown = sample(studio, sample="course-0")["html"]

    assert shown == in_scheme(as_it_leaves("course-0").html, is_dark=False)


def test_what_a_colleague_changed_meanwhile_stays(studio: Client) -> None:
    mine = brand(footer_text="Bus 12 stops at the door.")
    Clinic.objects.update(signature_name="Dr. Ada Quay", brand_colour="#5B2A86")

    studio.post(reverse("studio:brand"), mine)

    found = queries.profile()
    assert (found.footer_text, found.signature_name, found.brand_colour) == (
        "Bus 12 stops at the door.",
        "Dr. Ada Quay",
        "#5B2A86",
    )


def test_where_two_changed_one_thing_the_second_is_told_and_may_insist(studio: Client) -> None:
    mine = brand(footer_text="Mine", social_0_name="Site", social_0_url="https://harbour.example")
    Clinic.objects.update(footer_text="Theirs", social_links=[{"name": "Other", "url": "https://other.example"}])

    told = studio.post(reverse("studio:brand"), mine)
    assert dict(told.context["form"].errors) == {
        "footer_text": ["Meanwhile somebody else has saved “Theirs” here. Save once more if yours is right."],
        "social_0_name": [
            "Meanwhile somebody else has saved “Other (https://other.example)” here. Save once more if yours is right."
        ],
    }
    assert queries.profile().footer_text == "Theirs"
    assert set(studio.post(reverse("studio:brand_sample"), mine).json()["errors"]) == {"footer_text", "social_0_name"}
    again = {**mine, "seen": told.context["form"].shown}
    assert studio.post(reverse("studio:brand"), again).status_code == 302

    found = queries.profile()
    assert (found.footer_text, found.social_links) == ("Mine", [{"name": "Site", "url": "https://harbour.example"}])


@pytest.mark.parametrize("seen", ["", "[]", "null", "{", "[" * 100_000])
def test_a_page_that_does_not_say_what_it_showed_is_taken_for_a_fresh_one(seen: str, studio: Client) -> None:
    assert save(studio, footer_text="Bus 12", seen=seen).status_code == 302
    assert queries.profile().footer_text == "Bus 12"


def test_a_campaign_that_is_scheduled_is_left_as_it_was_seen_and_the_page_says_so(studio: Client, owner: User) -> None:
    one = campaign(owner)
    type(one).objects.filter(pk=one.pk).update(status="scheduled", start_at=database_now())
    before = list(CompiledEmail.objects.filter(variant__email=one.email).values_list("pk", flat=True))

    page = studio.get(reverse("studio:brand"))
    save(studio, brand_colour="#5B2A86")

    assert "1 campaign that is scheduled or under way leaves as it was seen" in page.text
    assert list(CompiledEmail.objects.filter(variant__email=one.email).values_list("pk", flat=True)) == before


def test_the_sample_shows_what_is_typed_and_saves_nothing(studio: Client) -> None:
    before = Clinic.objects.values().get()

    said = sample(studio, brand_colour="#5B2A86", signature_name="Dr. Ada Quay", font="verdana")

    assert (said["errors"], said["offers"]) == ({}, {})
    for words in ("#5B2A86", "Dr. Ada Quay", "Verdana"):
        assert words in said["html"]
    assert Clinic.objects.values().get() == before


@pytest.mark.parametrize("field", ["brand_colour", "button_colour"])
def test_a_colour_that_is_too_light_gets_the_nearest_that_is_readable(field: str, studio: Client) -> None:
    said = sample(studio, **{field: "#ffd54a"})

    offer = said["offers"][field]
    assert list(said["errors"]) == [field]
    assert offer in said["errors"][field]
    assert offer in said["html"]
    assert colours.contrast(offer, colours.PAPER) >= colours.READABLE
    assert sample(studio, **{field: offer})["errors"] == {}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"brand_colour": "#FFD54A"}, "brand_colour"),
        ({"brand_colour": "teal"}, "brand_colour"),
        ({"brand_colour": ""}, "brand_colour"),
        ({"font": "Comic Sans"}, "font"),
        ({"logo": "p/fedcba9876543210fedcba98.png"}, "logo"),
        ({"signature_picture": "../../secrets"}, "signature_picture"),
        ({"postal_address": " "}, "postal_address"),
        ({"social_0_name": "Site", "social_0_url": "http://harbour.example"}, "social_0_url"),
        ({"social_0_name": "Site", "social_0_url": "javascript:alert(1)"}, "social_0_url"),
        ({"social_1_url": "https://harbour.example"}, "social_1_name"),
        ({"footer_text": "x" * 401}, "footer_text"),
    ],
)
def test_what_cannot_be_is_explained_and_changes_nothing(changes: dict[str, str], wrong: str, studio: Client) -> None:
    before = Clinic.objects.values().get()

    page = save(studio, **changes)

    assert list(page.context["form"].errors) == [wrong]
    assert list(sample(studio, **changes)["errors"]) == [wrong]
    assert Clinic.objects.values().get() == before


def test_a_button_without_a_colour_takes_the_brands(studio: Client) -> None:
    clinic(button_colour="#5B2A86")

    save(studio, button_colour="")

    assert queries.profile().button_colour == ""


def test_before_mail_leaves_the_address_may_wait(studio: Client) -> None:
    clinic(sending_unlocked_at=None, postal_address="")

    assert save(studio, brand_colour="#5B2A86").status_code == 302


def test_the_sample_can_be_a_real_mail_in_its_dark_design(studio: Client) -> None:
    stock.mails(database_now())
    subject = Variant.objects.get(email__key="course-0").email.subject

    light, dark = (sample(studio, sample="course-0", **chosen)["html"] for chosen in ({}, {"dark": "on"}))

    assert subject in light
    assert ("@media all" in light, "@media all" in dark) == (False, True)


def test_what_is_typed_is_words_and_never_markup(studio: Client) -> None:
    said = sample(studio, footer_text="<script>alert(1)</script>", signature_name="{{ 7*7 }}{% now %}<b>")

    assert "<script" not in said["html"]
    assert "{ 7*7 }{% now %}&lt;b&gt;" in said["html"]
