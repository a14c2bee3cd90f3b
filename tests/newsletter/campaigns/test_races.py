"""Two people, or a person and the clock, at the same moment: one of the two happens, and never half of both."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from leads.models import Lead, Segment
from leads.segments import services as segments
from newsletter.campaigns import audience, canary, mending, review, services, states
from newsletter.campaigns.models import CampaignStatus
from newsletter.campaigns.services import ChangedSince, Looked, NotSendable, Readers, SegmentGone
from newsletter.content import drafts
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind
from newsletter.models import Batch, Campaign, Chunk, Delivery, Outcome
from tests.config.deadlines import wait_until
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader, recipients, started
from tests.newsletter.campaigns.together import in_two_threads

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 3
WAITS_FOR_US = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


@pytest.fixture(autouse=True)
def clinic(transactional_db):
    return clinics.clinic()


@pytest.fixture
def owner():
    return people.staff()


def several_times(test: Callable[..., None]) -> Callable[..., None]:
    """A race that can be lost is run more than once, in one database: emptying it costs more than the race."""

    @wraps(test)
    def run(**fixtures: Any) -> None:
        for _ in range(TIMES):
            test(**fixtures)

    return run


def as_it_is(letter: Campaign) -> tuple[str, list[str]]:
    letter.refresh_from_db()
    batches = Batch.objects.filter(kind=Kind.CAMPAIGN, owner_id=letter.pk).values_list("state", flat=True)
    return letter.status, sorted(set(batches))


def looked(letter: Campaign) -> Looked:
    found = Campaign.objects.select_related("email").get(pk=letter.pk)
    return Looked(review.of(found, audience.count(found, NOW).total))


@several_times
def test_taken_back_at_the_moment_it_begins_it_is_either_a_draft_or_planned_whole(owner):
    for _ in range(3):
        reader()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)

    won = in_two_threads(lambda: services.unschedule(letter, by=owner), lambda: services.start_due(NOW + MINUTE) == 1)

    assert won == [False, True]
    status, batches = as_it_is(letter)
    is_planned = status == CampaignStatus.SENDING
    assert (status, batches) == (("sending", ["open"]) if is_planned else ("draft", []))
    assert recipients(letter) == (set(Lead.objects.values_list("pk", flat=True)) if is_planned else set())


@several_times
def test_paused_at_the_moment_it_begins_the_mails_are_as_the_campaign_says(owner):
    reader()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)

    in_two_threads(lambda: services.pause(letter, by=owner), lambda: services.start_due(NOW + MINUTE) == 1)

    assert as_it_is(letter) in [("sending", ["open"]), ("paused", ["paused"]), ("scheduled", [])]


@several_times
def test_resumed_and_cancelled_at_once_the_mails_are_as_the_campaign_says(owner):
    reader()
    letter = started(campaign(owner), owner)
    services.pause(letter, by=owner)

    in_two_threads(
        lambda: services.resume(letter, by=owner, now=NOW), lambda: services.cancel(letter, by=owner, now=NOW)
    )

    assert as_it_is(letter) == ("cancelled", ["cancelled"])


@pytest.mark.parametrize("other", [mending.finish, mending.give_up])
@several_times
def test_mended_by_two_at_once_it_goes_on_once(other, owner):
    reader()
    letter = started(campaign(owner), owner)
    mending.begin(letter, by=owner, now=NOW)

    won = in_two_threads(lambda: mending.finish(letter, by=owner, now=NOW), lambda: other(letter, by=owner, now=NOW))

    assert won == [False, True]
    assert as_it_is(letter) == ("sending", ["open"])


@several_times
def test_an_audience_chosen_while_somebody_lets_it_go_is_never_one_that_nobody_looked_at(owner):
    reader()
    letter = campaign(owner)
    seen = looked(letter)

    def let_go() -> bool:
        try:
            return services.schedule(letter, looked=seen, by=owner, now=NOW)
        except ChangedSince:
            return False

    def choose() -> bool:
        try:
            services.choose(letter, name="Hours", readers=Readers("newsletter", True, [], []), by=owner)
        except services.NotEditable:
            return False
        return True

    assert in_two_threads(let_go, choose) == [False, True]
    letter.refresh_from_db()
    assert (letter.status == CampaignStatus.SCHEDULED) is not letter.includes_patients


def test_a_segment_that_is_gone_by_the_time_of_the_press_leaves_the_choice_as_it_was(owner):
    letter = campaign(owner)
    only = Segment.objects.create(name="Legs", conditions=[{"name": "tagged", "value": "leg pain"}])
    seen = Segment.objects.get(pk=only.pk)
    segments.delete(only, by=owner)

    with pytest.raises(SegmentGone):
        services.choose(letter, name="Hours", readers=Readers("newsletter", True, [seen], []), by=owner)

    letter.refresh_from_db()
    assert (letter.name, letter.includes_patients) == ("Opening hours", False)


@several_times
def test_a_segment_deleted_while_somebody_chooses_it_never_makes_a_campaign_one_for_everybody(owner):
    letter = campaign(owner)
    only = Segment.objects.create(name="Legs", conditions=[{"name": "tagged", "value": "leg pain"}])

    def choose() -> str:
        try:
            services.choose(letter, name="Hours", readers=Readers("newsletter", False, [only], []), by=owner)
        except SegmentGone:
            return "gone"
        return "chosen"

    def delete() -> str:
        try:
            segments.delete(only, by=owner)
        except segments.InUse:
            return "kept"
        return "deleted"

    assert in_two_threads(choose, delete) in [["chosen", "kept"], ["deleted", "gone"]]
    assert letter.included.exists() is Segment.objects.exists()
    letter.included.clear()
    Segment.objects.all().delete()


@several_times
def test_a_press_and_the_clock_let_the_rest_go_once(owner):
    for _ in range(3):
        reader()
    letter = campaign(owner)
    services.schedule(letter, by=owner, now=NOW)
    Campaign.objects.filter(pk=letter.pk).update(canary_size=1, canary_goes_on=True)
    services.start_due(NOW + MINUTE)
    letter.refresh_from_db()
    [few] = Chunk.objects.filter(batch=letter.canary_batch)
    Outcome.objects.create(delivery_id=Delivery.objects.get(pk=few.pk * 1000).pk, at=NOW, state=1)
    canary.look(NOW + MINUTE)
    later = NOW + MINUTE + canary.LOOKS_FOR

    won = in_two_threads(
        lambda: services.send_to_the_others(letter, by=owner, now=later), lambda: canary.look(later) == 1
    )

    assert won == [False, True]
    assert as_it_is(letter) == ("sending", ["open"])
    [rest] = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=letter.pk).exclude(pk=few.pk)
    assert rest.due_at == later


def saved_while_somebody_waits(letter: Campaign, by: User, subject: str, press: Callable[[], bool]) -> list[str]:
    """What comes of a press that has to wait for a save of this subject, which came a moment before it."""
    is_saving = threading.Event()

    def save() -> str:
        with transaction.atomic():
            email = states.locked(letter).email
            words = Wording(subject, email.preheader, email.body)
            drafts.save(email, words, version=email.version, by=by, now=NOW)
            is_saving.set()
            wait_until(_somebody_waits, within=10)
        return "saved"

    def pressed() -> str:
        is_saving.wait(60)
        try:
            return str(press())
        except (ChangedSince, NotSendable) as error:
            return str(error)

    return in_two_threads(save, pressed)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_US)
        return cursor.fetchone() == (True,)


def test_words_that_were_saved_at_the_moment_of_the_press_do_not_go_unseen(owner):
    reader()
    letter = campaign(owner)
    seen = looked(letter)

    came = saved_while_somebody_waits(
        letter, owner, "Half a thou", lambda: services.schedule(letter, looked=seen, by=owner, now=NOW)
    )

    assert came == ["The words were changed after you looked.", "saved"]
    assert as_it_is(letter) == ("draft", [])


def test_mended_words_that_were_saved_at_the_moment_of_the_press_do_not_go_unchecked(owner):
    reader()
    letter = started(campaign(owner), owner)
    mending.begin(letter, by=owner, now=NOW)

    came = saved_while_somebody_waits(letter, owner, "", lambda: mending.finish(letter, by=owner, now=NOW))

    assert came == ["Subject: Write a subject.", "saved"]
    assert as_it_is(letter) == ("paused", ["paused"])
