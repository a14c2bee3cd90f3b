"""What campaigns begin with: what ships, what staff made of it, and what they keep of their own."""

from datetime import UTC, datetime

import pytest

from accounts.models import AuditEvent, User
from newsletter.content import blocks, drafts, publishing, queries
from newsletter.content.models import EmailKind, EmailRevision, EmailTemplate
from newsletter.content.presets import offered
from newsletter.content.presets.starters import STARTERS
from newsletter.content.services import Wording
from tests.factories import mail
from tests.factories.clinics import clinic
from tests.factories.people import staff

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
SHIPPED = [starter.key for starter in STARTERS]

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(db: None) -> User:
    clinic()
    return staff(name="Dana")


def write(email: EmailTemplate, subject: str, by: User) -> None:
    drafts.save(email, Wording(subject, "", email.body), version=email.version, by=by, now=NOW)


def test_what_ships_is_offered_as_it_is_until_somebody_changes_it(dana: User) -> None:
    assert [(offer.key, offer.ships, offer.email) for offer in offered.every()] == [
        (key, True, None) for key in SHIPPED
    ]

    write(offered.change("newsletter", now=NOW), "Our letter", dana)

    assert [offer.key for offer in offered.every()] == SHIPPED
    assert (offered.named("newsletter").subject, offered.named("event").email) == ("Our letter", None)


def test_asked_for_twice_there_is_one_to_change(dana: User) -> None:
    assert offered.change("newsletter", now=NOW) == offered.change("newsletter", now=NOW)


def test_the_words_of_a_mail_are_kept_under_a_name(dana: User) -> None:
    autumn = mail.email(subject="Autumn", preheader="For you", topic="newsletter")

    kept = offered.keep(autumn, name="  Every  autumn ", by=dana, now=NOW)

    offer = offered.every()[-1]
    assert (offer.key, offer.name, offer.subject, offer.preheader) == (
        f"own-{kept.pk}",
        "Every autumn",
        "Autumn",
        "For you",
    )
    assert (offer.ships, offer.email, kept.kind) == (False, kept, EmailKind.PRESET)
    assert AuditEvent.objects.get(act="preset.kept").by == dana


def test_what_is_dropped_is_gone_with_its_versions_and_what_ships_is_as_it_was(dana: User) -> None:
    kept = offered.keep(mail.email(body=blocks.empty()), name="Every autumn", by=dana, now=NOW)
    changed = offered.change("newsletter", now=NOW)
    for email in (kept, changed):
        write(email, "Other words", dana)

    offered.drop(kept, by=dana)
    offered.drop(changed, by=dana)

    assert [(offer.key, offer.email) for offer in offered.every()] == [(key, None) for key in SHIPPED]
    assert EmailRevision.objects.filter(email__kind=EmailKind.PRESET).count() == 0
    assert AuditEvent.objects.filter(act="preset.deleted", by=dana).count() == 2


def test_only_presets_are_dropped(dana: User) -> None:
    email = mail.email()

    with pytest.raises(offered.NoSuchPreset):
        offered.drop(email, by=dana)

    assert EmailTemplate.objects.get() == email


@pytest.mark.parametrize("key", ["", "nothing", "own-0", "starter-newsletter"])
def test_what_is_not_offered_is_not_found(key: str, dana: User) -> None:
    with pytest.raises(offered.NoSuchPreset):
        offered.change(key, now=NOW)


def test_a_preset_never_goes_out_itself(dana: User) -> None:
    with pytest.raises(publishing.NotPublishable):
        publishing.publish(offered.change("newsletter", now=NOW), version=1, by=dana, now=NOW)


def test_words_to_be_filled_in_are_what_a_preset_is_for(dana: User) -> None:
    preset = offered.change("event", now=NOW)
    campaign = mail.email(subject=preset.subject, body=preset.body, topic="newsletter")

    codes = [{finding.code for finding in queries.findings(email)} for email in (preset, campaign)]

    assert ["left_over" in found for found in codes] == [False, True]
