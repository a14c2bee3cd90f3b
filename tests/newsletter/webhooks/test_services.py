from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.merging.services import merge
from leads.models import Consent, Lead
from newsletter import tick
from newsletter.deliveries.models import Kind, Lane, State
from newsletter.models import Delivery, Enrolment, Fact, Outcome, Suppression, Uncertain
from newsletter.sequences import services as sequences
from newsletter.suppression import services as suppression
from newsletter.webhooks import services
from newsletter.webhooks.meaning import Meaning
from newsletter.webhooks.services import Heard
from tests.factories import mail, people
from tests.newsletter.sequences.course import NOW, cancelled, enrolled, open_course

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def enrolment(db) -> Enrolment:
    """Somebody in the course, with one mail that left and the next one planned."""
    open_course(0, 0, 2)
    found = enrolled()
    sequences.advance(NOW)
    delivery = Delivery.objects.get()
    Outcome.objects.create(delivery_id=delivery.pk, at=NOW, state=State.SUBMITTED)
    sequences.advance(NOW + HOUR)
    found.refresh_from_db()
    return found


def consent_of(enrolment: Enrolment) -> Consent:
    return Consent.objects.get(pk=enrolment.consent_id or 0)


def first_mail(enrolment: Enrolment) -> Delivery:
    return Delivery.objects.get(owner=enrolment.pk, kind=Kind.STEP, item=1)


def hear(delivery: Delivery | int, meaning: Meaning, *, recipient: str = "") -> bool:
    delivery_id = delivery if isinstance(delivery, int) else delivery.pk
    return services.hear(Heard(delivery_id, meaning, NOW, "said", recipient), now=NOW + HOUR)


def world(lead_ids: list[int]) -> dict[str, Any]:
    """Everything that events may change, but for times and for which cause came first."""
    return {
        "facts": sorted(Fact.objects.values_list("delivery_id", "kind")),
        "suppressed": sorted(
            (bytes(address), scope)
            for address, scope in Suppression.objects.filter(lifted_at=None).values_list("address_hash", "scope")
        ),
        "consents": sorted(
            Consent.objects.filter(lead_id__in=lead_ids, withdrawn_at=None).values_list("lead_id", flat=True)
        ),
        "under way": sorted(Enrolment.objects.filter(state="active").values_list("pk", flat=True)),
        "outcomes": sorted(Outcome.objects.values_list("delivery_id", "state")),
        "doubts": sorted(Uncertain.objects.values_list("delivery_id", flat=True)),
    }


def test_delivered_is_a_fact_and_nothing_else(enrolment):
    before = world([enrolment.lead_id])

    assert hear(first_mail(enrolment), Meaning.DELIVERED)

    fact = Fact.objects.get()
    assert (fact.kind, fact.at, fact.label) == ("delivered", NOW, "said")
    assert {**world([enrolment.lead_id]), "facts": []} == before


def test_a_bounce_stops_all_mail_and_ends_the_course(enrolment):
    delivery = first_mail(enrolment)

    assert hear(delivery, Meaning.BOUNCED)

    stop = Suppression.objects.get()
    assert (bytes(stop.address_hash), stop.scope) == (people.hash_of(enrolment.lead), "all")
    assert (stop.reason, stop.delivery_id) == ("hard_bounce", delivery.pk)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason) == ("exited", "bounced")
    assert cancelled(enrolment) == [2]
    assert consent_of(enrolment).withdrawn_at is None


def test_a_mail_that_was_turned_away_costs_nobody_anything(enrolment):
    assert hear(first_mail(enrolment), Meaning.BLOCKED)

    assert list(Fact.objects.values_list("kind", flat=True)) == ["blocked"]
    assert Suppression.objects.count() == 0
    enrolment.refresh_from_db()
    assert enrolment.state == "active"


def test_a_bounce_after_being_turned_away_still_stops_all_mail(enrolment):
    hear(first_mail(enrolment), Meaning.BLOCKED)
    hear(first_mail(enrolment), Meaning.BOUNCED)

    assert Suppression.objects.get().reason == "hard_bounce"


def test_a_complaint_withdraws_the_consent_too(enrolment):
    assert hear(first_mail(enrolment), Meaning.COMPLAINED)

    found = Suppression.objects.order_by("scope").values_list("scope", "reason")
    assert list(found) == [("all", "complaint"), ("marketing", "unsubscribed")]
    enrolment.refresh_from_db()
    assert enrolment.exit_reason == "complained"
    assert (consent_of(enrolment).withdrawn_at, consent_of(enrolment).withdrawn_how) == (NOW + HOUR, "complaint")
    assert list(Fact.objects.values_list("kind", flat=True)) == ["complained"]


def test_unsubscribing_at_the_provider_is_unsubscribing(enrolment):
    assert hear(first_mail(enrolment), Meaning.UNSUBSCRIBED)

    assert list(Suppression.objects.values_list("scope", "reason")) == [("marketing", "unsubscribed")]
    enrolment.refresh_from_db()
    assert (enrolment.exit_reason, consent_of(enrolment).withdrawn_how) == ("unsubscribed", "provider")
    assert list(Fact.objects.values_list("kind", flat=True)) == ["unsubscribed"]


def test_a_mail_that_is_not_ours_changes_nothing(enrolment):
    before = world([enrolment.lead_id])

    assert [hear(10**15, meaning) for meaning in Meaning] == [False] * len(Meaning)
    assert world([enrolment.lead_id]) == before


def test_an_event_for_another_address_than_the_leads_is_only_a_fact(enrolment):
    delivery = first_mail(enrolment)

    assert hear(delivery, Meaning.BOUNCED, recipient="old@mail.example")
    assert hear(delivery, Meaning.COMPLAINED, recipient="not an address")

    assert Suppression.objects.count() == 0
    assert sorted(Fact.objects.values_list("kind", flat=True)) == ["bounced", "complained"]


@pytest.mark.parametrize(
    ("meaning", "is_heard"), [(Meaning.COMPLAINED, True), (Meaning.UNSUBSCRIBED, True), (Meaning.BOUNCED, False)]
)
def test_who_complains_from_an_address_that_they_had_before_is_heard(enrolment, meaning, is_heard):
    former, kept = enrolment.lead, people.consent().lead
    delivery, address = first_mail(enrolment), former.email
    merge(kept, former, by=people.staff(), now=NOW)

    hear(delivery, meaning, recipient=address)

    stopped = Suppression.objects.filter(address_hash=people.hash_of(kept), lifted_at=None)
    assert stopped.exists() is is_heard


@pytest.mark.parametrize(
    ("meaning", "whose", "stopped"),
    [
        (
            Meaning.COMPLAINED,
            "former",
            {("kept", "all"), ("kept", "marketing"), ("anew", "all"), ("anew", "marketing")},
        ),
        (
            Meaning.COMPLAINED,
            "nobody",
            {("kept", "all"), ("kept", "marketing"), ("anew", "all"), ("anew", "marketing")},
        ),
        (Meaning.COMPLAINED, "kept", {("kept", "all"), ("kept", "marketing")}),
        (Meaning.UNSUBSCRIBED, "former", {("kept", "marketing"), ("anew", "marketing")}),
        (Meaning.UNSUBSCRIBED, "kept", {("kept", "marketing")}),
        (Meaning.BOUNCED, "former", set()),
    ],
)
def test_who_wants_no_more_of_an_old_mail_has_left_with_the_address_that_it_was_in_too(
    enrolment, meaning, whose, stopped
):
    former, kept = enrolment.lead, people.consent().lead
    delivery, address = first_mail(enrolment), former.email
    merge(kept, former, by=people.staff(), now=NOW)
    anew = people.consent(people.lead(address)).lead

    hear(delivery, meaning, recipient={"former": address, "kept": kept.email, "nobody": ""}[whose])

    names = {people.hash_of(kept): "kept", people.hash_of(anew): "anew"}
    found = Suppression.objects.filter(lifted_at=None).values_list("address_hash", "scope")
    assert {(names[bytes(address_hash)], scope) for address_hash, scope in found} == stopped
    live = set(Consent.objects.filter(withdrawn_at=None, lead__in=[kept, anew]).values_list("lead_id", flat=True))
    assert live == {lead.pk for lead in (kept, anew) if (names[people.hash_of(lead)], "marketing") not in stopped}


def test_an_address_that_was_merged_away_and_complained_gets_no_mail_if_it_comes_back(enrolment):
    former, kept = enrolment.lead, people.consent().lead
    delivery, address = first_mail(enrolment), former.email
    former_hash = people.hash_of(former)
    merge(kept, former, by=people.staff(), now=NOW)

    hear(delivery, Meaning.COMPLAINED, recipient=address)

    stopped = Suppression.objects.filter(address_hash=former_hash).values_list("scope", "reason")
    assert list(stopped) == [("all", "complaint")]


def test_the_address_is_compared_as_addresses_are(enrolment):
    hear(first_mail(enrolment), Meaning.BOUNCED, recipient=enrolment.lead.email.upper())

    assert Suppression.objects.get().reason == "hard_bounce"


def test_mail_to_staff_bounces_without_consequences():
    delivery = mail.delivery(people.lead(), state=State.SUBMITTED, kind=Kind.STAFF, lead_id=None, staff_id=1)

    assert hear(delivery, Meaning.BOUNCED)
    assert Suppression.objects.count() == 0


def test_a_repeated_old_event_does_not_undo_what_people_decided_since(enrolment):
    delivery = first_mail(enrolment)
    hear(delivery, Meaning.UNSUBSCRIBED)
    lead = enrolment.lead
    consent = people.consent(lead, granted_at=NOW + 2 * HOUR)
    suppression.lift_marketing(people.hash_of(lead), why="agreed anew", now=NOW + 2 * HOUR)

    assert not hear(delivery, Meaning.UNSUBSCRIBED)

    consent.refresh_from_db()
    assert consent.withdrawn_at is None
    assert Suppression.objects.filter(lifted_at=None).count() == 0


@pytest.mark.parametrize("meaning", list(Meaning))
def test_any_word_about_it_settles_an_uncertain_delivery(meaning):
    lead = people.lead()
    doubt = mail.uncertain(lead)

    hear(doubt.delivery_id, meaning)

    assert Uncertain.objects.count() == 0
    outcome = Outcome.objects.get(delivery_id=doubt.delivery_id)
    assert (outcome.state, outcome.at) == (State.SUBMITTED, NOW + HOUR)


def test_what_the_provider_told_before_anybody_doubted_settles_the_doubt_at_the_next_tick(enrolment):
    told, untold = Delivery.objects.order_by("pk")
    Outcome.objects.all().delete()
    hear(told, Meaning.DELIVERED)
    for delivery in (told, untold):
        Uncertain.objects.create(delivery_id=delivery.pk, lane=Lane.MARKETING, since=NOW + HOUR)

    tick.tick(now=NOW + 2 * HOUR)

    assert Uncertain.objects.get().delivery_id == untold.pk
    assert Outcome.objects.get().state == State.SUBMITTED


def test_an_erased_lead_is_not_looked_for(enrolment):
    lead = enrolment.lead
    lead.email, lead.address_key, lead.address_hash, lead.erased_at = "", None, None, datetime(2027, 1, 6, tzinfo=UTC)
    lead.save()

    assert hear(first_mail(enrolment), Meaning.COMPLAINED)
    assert Suppression.objects.count() == 0


MAILS = 3
events = st.lists(st.tuples(st.integers(0, MAILS - 1), st.sampled_from(list(Meaning))), min_size=1, max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_neither_order_nor_repetition_matters(enrolment, data):
    """Two mails to one person and one to another; any shuffling of any events, each once or more often."""
    drawn = data.draw(events)
    again = data.draw(st.lists(st.sampled_from(drawn), max_size=6))
    shuffled = data.draw(st.permutations(drawn + again))

    assert after(shuffled, enrolment) == after(list(dict.fromkeys(drawn)), enrolment)


def after(told: list[tuple[int, Meaning]], enrolment: Enrolment) -> dict[str, Any]:
    """The world after these events, which are then undone."""
    with transaction.atomic():
        other = Consent.objects.create(
            lead=people.lead("other@mail.example"), purpose="marketing", basis="express", granted_at=NOW
        ).lead
        mails = [first_mail(enrolment).pk, letter(enrolment.lead, 1), letter(other, 2)]
        for number, meaning in told:
            hear(mails[number], meaning)
        found = world([enrolment.lead_id])
        found["other agrees"] = other.consents.filter(withdrawn_at=None).exists()
        found["facts"] = sorted((mails.index(mail), kind) for mail, kind in found["facts"])
        transaction.set_rollback(True)
    return found


def letter(lead: Lead, owner: int) -> int:
    """A campaign's mail whose fate was uncertain, under the same number every time."""
    number = 10**9 + owner
    Delivery.objects.create(id=number, owner=owner, item=lead.pk, lead_id=lead.pk, variant_id=1, kind=Kind.CAMPAIGN)
    Uncertain.objects.create(delivery_id=number, lane="marketing", since=NOW)
    return number
