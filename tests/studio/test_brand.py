"""The brand's page: what is typed is shown and judged at once, saved by one button, and stands in the next mail."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic import queries
from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.content import colours, presets
from newsletter.models import CompiledEmail, Picture, Variant
from studio.forms.brand import BRAND_FIELDS, BrandForm
from tests.factories.clinics import clinic
from tests.studio.campaigns import campaign


def brand(**changes: object) -> dict[str, object]:
    """What the page's form sends, with these fields changed."""
    form = BrandForm(instance=queries.profile())
    said = {name: form[name].value() or "" for name in form.fields}
    return {**said, **changes}


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
    presets.install(database_now())
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
    presets.install(database_now())
    subject = Variant.objects.get(email__key="course-0").email.subject

    light, dark = (sample(studio, sample="course-0", **chosen)["html"] for chosen in ({}, {"dark": "on"}))

    assert subject in light
    assert ("@media all" in light, "@media all" in dark) == (False, True)


def test_what_is_typed_is_words_and_never_markup(studio: Client) -> None:
    said = sample(studio, footer_text="<script>alert(1)</script>", signature_name="{{ 7*7 }}{% now %}<b>")

    assert "<script" not in said["html"]
    assert "{{ 7*7 }}{% now %}&lt;b&gt;" in said["html"]
