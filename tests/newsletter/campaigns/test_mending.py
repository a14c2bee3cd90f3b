"""Words mended while a campaign leaves: those who have it keep theirs, the others get the new ones."""

from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from newsletter.campaigns import mending, review, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.campaigns.services import ChangedSince, NotSendable
from newsletter.content import drafts
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind, State
from newsletter.models import Batch, Campaign, Delivery, EmailRevision, EmailTemplate, Outcome, Variant
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clinic(db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


@pytest.fixture
def leaving(owner) -> Campaign:
    """Planned for three people, of whom one has it."""
    for _ in range(3):
        reader()
    letter = started(campaign(owner), owner)
    first = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=letter.pk).order_by("pk")[0]
    Outcome.objects.create(delivery_id=first.pk, at=NOW, state=State.SUBMITTED, revision_id=current(letter))
    return letter


def current(letter: Campaign) -> int | None:
    return Variant.objects.get(email=letter.email_id, label="A").current_id


def written(letter: Campaign, subject: str) -> None:
    EmailTemplate.objects.filter(pk=letter.email_id).update(subject=subject)


def saved(letter: Campaign, by, subject: str) -> None:
    """As the composer saves it: a version of its own."""
    email = again(letter).email
    drafts.save(email, Wording(subject, email.preheader, email.body), version=email.version, by=by, now=NOW + MINUTE)


def test_mending_pauses_what_is_leaving_and_says_who(leaving, owner):
    assert mending.begin(leaving, by=owner, now=NOW + MINUTE)

    leaving.refresh_from_db()
    assert (leaving.status, leaving.fixing_since, leaving.fixing_by) == (CampaignStatus.PAUSED, NOW + MINUTE, owner)
    assert Batch.objects.get().state == "paused"


def test_a_second_click_goes_on_mending_and_keeps_who_began(leaving, owner):
    mending.begin(leaving, by=owner, now=NOW + MINUTE)

    assert mending.begin(leaving, by=people.staff(), now=NOW + 2 * MINUTE)

    leaving.refresh_from_db()
    assert (leaving.fixing_since, leaving.fixing_by) == (NOW + MINUTE, owner)


@pytest.mark.parametrize("status", [one for one in CampaignStatus if one not in {"sending", "paused"}])
def test_only_what_is_leaving_is_mended(status, owner):
    reader()
    letter = campaign(owner)
    Campaign.objects.filter(pk=letter.pk).update(status=status, start_at=NOW)

    assert not mending.begin(letter, by=owner, now=NOW)
    assert not mending.finish(letter, by=owner, now=NOW)


def test_mended_words_are_a_new_revision_for_those_who_have_not_got_it(leaving, owner):
    old = current(leaving)
    mending.begin(leaving, by=owner, now=NOW + MINUTE)
    written(leaving, "Right at last")

    assert mending.finish(leaving, by=owner, now=NOW + 2 * MINUTE)

    leaving.refresh_from_db()
    assert (leaving.status, leaving.fixing_since, leaving.fixing_by) == (CampaignStatus.SENDING, None, None)
    assert Batch.objects.get().state == "open"
    found = [(edition.revision.subject, edition.got, edition.is_current) for edition in mending.editions(leaving)]
    assert found == [("New opening hours", 1, False), ("Right at last", 0, True)]
    assert current(leaving) != old
    event = AuditEvent.objects.get(act="campaign.mended")
    assert (event.by, event.detail) == (owner, {"had_the_old_one": 1})


def test_words_that_cannot_go_do_not_go_on(leaving, owner):
    old = current(leaving)
    mending.begin(leaving, by=owner, now=NOW + MINUTE)
    written(leaving, "")

    with pytest.raises(NotSendable):
        mending.finish(leaving, by=owner, now=NOW + 2 * MINUTE)

    leaving.refresh_from_db()
    assert (leaving.status, leaving.fixing_by, current(leaving)) == (CampaignStatus.PAUSED, owner, old)


def test_given_up_it_goes_on_with_the_old_words_which_are_its_words_again(leaving, owner):
    old = current(leaving)
    mending.begin(leaving, by=owner, now=NOW + MINUTE)
    saved(leaving, owner, "Half a thought")

    assert mending.give_up(leaving, by=owner, now=NOW + 2 * MINUTE)

    leaving.refresh_from_db()
    assert (leaving.status, leaving.fixing_since, current(leaving)) == (CampaignStatus.SENDING, None, old)
    assert again(leaving).email.subject == "New opening hours"
    kept = EmailRevision.objects.filter(email=leaving.email_id).order_by("version").values_list("subject", flat=True)
    assert list(kept) == ["New opening hours", "Half a thought", "New opening hours"]
    assert not mending.give_up(leaving, by=owner, now=NOW + 3 * MINUTE)
    assert not mending.finish(leaving, by=owner, now=NOW + 3 * MINUTE)


def test_whoever_only_resumes_takes_no_words_out_of_a_colleagues_hands(leaving, owner):
    mending.begin(leaving, by=owner, now=NOW + MINUTE)

    assert not services.resume(leaving, by=people.staff(), now=NOW + 2 * MINUTE)

    leaving.refresh_from_db()
    assert (leaving.status, leaving.fixing_by) == (CampaignStatus.PAUSED, owner)


def test_words_that_nobody_looked_at_do_not_go_on(leaving, owner):
    mending.begin(leaving, by=owner, now=NOW + MINUTE)
    looked = review.words(again(leaving))
    saved(leaving, owner, "Half a thou")

    with pytest.raises(ChangedSince) as changed:
        mending.finish(leaving, looked=looked, by=owner, now=NOW + 2 * MINUTE)

    assert changed.value.changes == ["The words were changed after you looked."]
    assert mending.finish(leaving, looked=review.words(again(leaving)), by=owner, now=NOW + 2 * MINUTE)


def test_what_is_shown_is_what_goes_out(leaving, owner):
    written(leaving, "Written behind its back")
    shown = [mending.words(again(leaving)).subject]
    mending.begin(leaving, by=owner, now=NOW + MINUTE)
    shown.append(mending.words(again(leaving)).subject)

    assert shown == ["New opening hours", "Written behind its back"]


def again(letter: Campaign) -> Campaign:
    return Campaign.objects.select_related("email").get(pk=letter.pk)


def test_cancelled_while_it_is_mended_nobody_mends_any_more(leaving, owner):
    mending.begin(leaving, by=owner, now=NOW + MINUTE)

    services.cancel(leaving, by=owner, now=NOW + timedelta(hours=1))

    leaving.refresh_from_db()
    assert (leaving.status, leaving.fixing_since) == (CampaignStatus.CANCELLED, None)
    assert not mending.finish(leaving, by=owner, now=NOW + timedelta(hours=2))
