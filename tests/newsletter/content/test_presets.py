import pytest

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import preflight
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.services import Draft
from newsletter.content import drafts, presets, queries
from newsletter.content.models import CompiledEmail, EmailTemplate, Variant
from newsletter.content.presets import writing
from newsletter.content.services import Wording
from tests.factories import clinics, mail, people
from tests.newsletter.content.emails import document, harbour, text

KEYS = {
    *("course-0", "course-2", "course-5", "course-8", "course-12", "course-16", "course-21"),
    *("course-follow-up", "call-preparation", "call-thanks", "call-next-step", "call-missed"),
    *("quiet-question", "quiet-last", "news-welcome", "news-call"),
    *("confirmation", "inquiry-answer", "password-reset", "staff-invitation"),
    *("appointment-booked", "appointment-moved", "appointment-cancelled"),
    *("appointment-reminder-day", "appointment-reminder-hour"),
}


@pytest.fixture
def installed(db: None) -> None:
    harbour().save()
    presets.install(database_now())


@pytest.mark.usefixtures("installed")
def test_every_mail_that_others_ask_for_is_there_and_frozen() -> None:
    frozen = Variant.objects.filter(label="A", current__isnull=False)

    assert set(frozen.values_list("email__key", flat=True)) == KEYS
    assert queries.transactional("confirmation").current is not None


@pytest.mark.usefixtures("installed")
def test_installing_again_changes_nothing() -> None:
    before = list(CompiledEmail.objects.order_by("pk").values())

    presets.install(database_now())

    assert list(CompiledEmail.objects.order_by("pk").values()) == before
    assert EmailTemplate.objects.count() == len(KEYS)


@pytest.mark.usefixtures("installed")
def test_what_staff_have_edited_stays_theirs() -> None:
    dana = User.objects.create(email="dana@harbour.example", name="Dana")
    template = EmailTemplate.objects.get(key="course-0")
    drafts.save(template, Wording("Mine", "", document(text("My words."))), version=1, by=dana, now=database_now())

    presets.install(database_now())

    template.refresh_from_db()
    assert template.subject == "Mine"


@pytest.mark.usefixtures("installed")
def test_what_nobody_has_edited_follows_what_ships() -> None:
    EmailTemplate.objects.filter(key="course-0").update(subject="Of an older release")

    presets.install(database_now())

    assert EmailTemplate.objects.get(key="course-0").subject == "What you asked for, and what comes next"


@pytest.mark.django_db
def test_a_fresh_installation_without_a_profile_gets_its_mails_too() -> None:
    presets.install(database_now())

    assert Variant.objects.filter(current__isnull=False).count() == len(KEYS)


def test_a_campaign_begins_with_a_starter() -> None:
    assert [presets.starter(key).name for key in ("plain-letter", "clinic-news", "unknown")] == [
        "A plain letter",
        "Clinic news",
        "A plain letter",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("starter", presets.STARTERS, ids=lambda starter: starter.key)
def test_a_campaign_begun_from_a_preset_could_go_once_somebody_has_had_a_test_mail(starter: writing.Preset) -> None:
    """But for the invitation, which waits for a day and a door."""
    clinics.clinic()
    by, now = people.staff(), database_now()
    people.consent()
    wording = Wording(starter.subject, starter.preheader, starter.body)
    begun = campaigns.create(Draft(starter.name, wording), by=by, now=now)
    mail.tried(begun, by)

    found = preflight.of_campaign(begun, now)

    waits = {"left_over"} if starter.key == "event" else set()
    assert {finding.code for finding in found.blocking} == waits
    assert found.warnings == []


def test_prose_is_joined_as_it_is_read() -> None:
    block = writing.text("""
        One
        two.

        - a
          b
        - c

        First,/
        second
    """)

    assert block == {
        "type": "text",
        "text": "<p>One two.</p><ul><li>a b</li><li>c</li></ul><p>First,<br>second</p>",
    }
