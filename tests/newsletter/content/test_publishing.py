"""What is saved never goes out by itself; what was signed goes on going out until somebody signs other words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent, User
from clinic.models import Clinic
from newsletter.content import drafts, presets, publishing, services, signing
from newsletter.content.drafts import Conflict
from newsletter.content.models import EmailRevision, EmailTemplate, SignOff, Variant
from newsletter.content.publishing import NotFit, NotPublishable, NotSigned
from newsletter.content.services import Wording
from tests.factories import mail
from tests.factories.clinics import clinic
from tests.factories.people import staff

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def body(text: str) -> dict[str, Any]:
    return {
        "version": 2,
        "blocks": [
            {"id": "aaaaaaaa", "type": "text", "text": f"<p>{text}</p>"},
            {"id": "bbbbbbbb", "type": "red_flags"},
            {"id": "cccccccc", "type": "button", "label": "Ask us", "target": "ask"},
        ],
    }


@pytest.fixture
def dana(db: None) -> User:
    clinic(content_signed_off_at=None, content_signed_off_by="")
    return staff(name="Dana")


@pytest.fixture
def letter(dana: User) -> EmailTemplate:
    """A mail of the course that goes out as it shipped."""
    email = mail.email(kind="step", key="course-2", topic="course", body=body("As it shipped"), updated_at=NOW)
    services.freeze(Variant.objects.create(email=email), now=NOW)
    return email


def write(email: EmailTemplate, text: str, by: User) -> int:
    version = EmailTemplate.objects.get(pk=email.pk).version
    return drafts.save(email, Wording("A letter", "", body(text)), version=version, by=by, now=NOW).version


def goes_out(email: EmailTemplate) -> str:
    current = Variant.objects.get(email=email, label="A").current
    assert current is not None
    return current.text


def test_what_is_only_saved_does_not_go_out(letter: EmailTemplate, dana: User) -> None:
    write(letter, "New words", dana)

    assert "As it shipped" in goes_out(letter)
    assert "New words" not in goes_out(letter)


def test_what_is_published_goes_out_and_is_in_the_trail(letter: EmailTemplate, dana: User) -> None:
    version = write(letter, "New words", dana)

    publishing.publish(letter, version=version, by=dana, now=NOW)

    assert "New words" in goes_out(letter)
    event = AuditEvent.objects.get(act="email.published")
    assert (event.subject, event.by) == (f"email:{letter.pk}", dana)
    assert event.detail == {"version": version, "signed_by": ""}


def test_a_changed_profile_brings_no_words_with_it_that_were_only_saved(letter: EmailTemplate, dana: User) -> None:
    write(letter, "Half a sen", dana)
    Clinic.objects.update(phone="+14165550199")

    assert services.refreeze(now=NOW) == 1

    assert "+1 416-555-0199" in goes_out(letter)
    assert "As it shipped" in goes_out(letter)


def test_a_draft_that_could_not_be_mailed_keeps_no_profile_from_changing(letter: EmailTemplate, dana: User) -> None:
    drafts.save(letter, Wording("{{ nobody", "", body("x")), version=1, by=dana, now=NOW)
    Clinic.objects.update(phone="+14165550199")

    assert services.refreeze(now=NOW) == 1


def test_installing_what_ships_again_publishes_no_drafts(dana: User) -> None:
    presets.install(NOW)
    letter = EmailTemplate.objects.get(key="course-2")
    before = goes_out(letter)
    write(letter, "Not yet", dana)

    presets.install(NOW + timedelta(days=1))

    assert goes_out(letter) == before
    assert EmailTemplate.objects.get(pk=letter.pk).body == body("Not yet")


def test_a_mail_that_was_signed_asks_for_a_name_under_other_words(letter: EmailTemplate, dana: User) -> None:
    signing.sign_what_goes_out("Dana Reyes", by=dana, now=NOW)
    version = write(letter, "New words", dana)

    with pytest.raises(NotSigned):
        publishing.publish(letter, version=version, by=dana, now=NOW, signature="  ")

    assert "As it shipped" in goes_out(letter)
    standing = signing.standing(EmailTemplate.objects.get(pk=letter.pk))
    assert (standing.is_changed, standing.needs_signature, standing.is_signed) == (True, True, True)


def test_with_the_name_under_them_the_new_words_go_out_signed(letter: EmailTemplate, dana: User) -> None:
    signing.sign_what_goes_out("Dana Reyes", by=dana, now=NOW)
    version = write(letter, "New words", dana)

    publishing.publish(letter, version=version, by=dana, now=NOW, signature="Dana Reyes")

    standing = signing.standing(EmailTemplate.objects.get(pk=letter.pk))
    assert "New words" in goes_out(letter)
    assert (standing.is_changed, standing.needs_signature, standing.is_signed) == (False, False, True)
    assert list(SignOff.objects.order_by("pk").values_list("version", "name")) == [
        (1, "Dana Reyes"),
        (version, "Dana Reyes"),
    ]


def test_a_clinic_that_signed_before_signatures_had_versions_is_asked_too(letter: EmailTemplate, dana: User) -> None:
    Clinic.objects.update(content_signed_off_at=NOW, content_signed_off_by="Dana")
    version = write(letter, "New words", dana)

    with pytest.raises(NotSigned):
        publishing.publish(letter, version=version, by=dana, now=NOW)


def test_words_taken_back_to_what_was_signed_need_no_new_signature(letter: EmailTemplate, dana: User) -> None:
    signing.sign_what_goes_out("Dana Reyes", by=dana, now=NOW)
    write(letter, "A slip", dana)
    first = EmailRevision.objects.get(email=letter, version=1)
    drafts.restore(first, version=2, by=dana, now=NOW)

    standing = signing.standing(EmailTemplate.objects.get(pk=letter.pk))

    assert (standing.version, standing.needs_signature, standing.is_changed) == (3, False, False)


def test_what_somebody_else_wrote_since_is_not_published_unseen(letter: EmailTemplate, dana: User) -> None:
    version = write(letter, "Read and approved", dana)
    write(letter, "Slipped in", staff(name="Tom"))

    with pytest.raises(Conflict):
        publishing.publish(letter, version=version, by=dana, now=NOW)

    assert "As it shipped" in goes_out(letter)


def test_what_no_clinic_may_say_is_not_published(letter: EmailTemplate, dana: User) -> None:
    version = write(letter, "We cure everybody, guaranteed.", dana)

    with pytest.raises(NotFit) as refused:
        publishing.publish(letter, version=version, by=dana, now=NOW)

    assert all(finding.blocking for finding in refused.value.findings)
    assert "As it shipped" in goes_out(letter)


@pytest.mark.parametrize(
    ("key", "target", "says"),
    [
        ("confirmation", "confirm", "Nobody can confirm"),
        ("password-reset", "reset", "Nobody can choose a new password"),
        ("staff-invitation", "invite", "Nobody can begin to work here"),
        ("appointment-moved", "appointment", "Nobody can change their appointment"),
    ],
)
def test_a_mail_without_the_link_that_it_is_for_is_not_published(key: str, target: str, says: str, dana: User) -> None:
    presets.install(NOW)
    email = EmailTemplate.objects.get(key=key)
    without = [block for block in email.body["blocks"] if block.get("target") != target]
    for_some = [
        block | {"only": {"name": "language", "value": "en", "not": False}} if block.get("target") == target else block
        for block in email.body["blocks"]
    ]
    for version, blocks in enumerate((without, for_some), start=1):
        words = Wording(email.subject, email.preheader, {"version": 2, "blocks": blocks})
        saved = drafts.save(email, words, version=version, by=dana, now=NOW)

        with pytest.raises(NotFit, match=says) as refused:
            publishing.publish(email, version=saved.version, by=dana, now=NOW)
        assert "own_link_missing" in [finding.code for finding in refused.value.findings]


def test_everything_that_ships_may_be_published(dana: User) -> None:
    presets.install(NOW)

    for email in EmailTemplate.objects.filter(key__in=[preset.key for preset in presets.SHIPPED]):
        publishing.publish(email, version=email.version, by=dana, now=NOW)


@pytest.mark.parametrize("name", ["Dana\0 Reyes", "\ud800Dana \u202eReyes", " Dana  Reyes\n"])
def test_a_name_is_kept_as_it_is_read(name: str, letter: EmailTemplate, dana: User) -> None:
    signing.sign_what_goes_out("Dana Reyes", by=dana, now=NOW)
    version = write(letter, "New words", dana)

    publishing.publish(letter, version=version, by=dana, now=NOW, signature=name)

    assert SignOff.objects.latest("pk").name == "Dana Reyes"


def test_a_name_of_nothing_is_no_name(letter: EmailTemplate, dana: User) -> None:
    signing.sign_what_goes_out("Dana Reyes", by=dana, now=NOW)
    version = write(letter, "New words", dana)

    with pytest.raises(NotSigned):
        publishing.publish(letter, version=version, by=dana, now=NOW, signature="\u200b\0")


def test_a_campaign_is_not_published(dana: User) -> None:
    with pytest.raises(NotPublishable):
        publishing.publish(mail.email(body=body("Hi")), version=1, by=dana, now=NOW)


def test_what_went_out_stays_among_the_versions(letter: EmailTemplate, dana: User) -> None:
    version = write(letter, "New words", dana)
    publishing.publish(letter, version=version, by=dana, now=NOW)
    write(letter, "Newer words", dana)

    kept = EmailRevision.objects.filter(email=letter, is_kept=True).order_by("version")
    assert [row.version for row in kept] == [1, version]
    assert [row.body for row in kept] == [body("As it shipped"), body("New words")]
