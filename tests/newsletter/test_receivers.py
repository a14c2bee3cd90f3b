"""What the newsletter does when leads announce a fact: all of it in the transaction of the cause, or none."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from clinic.clock import database_now
from leads.consent import services as consent
from leads.consent import tokens
from leads.consent.models import Basis, ConsentRequest, Purpose
from leads.consent.services import Ground, Shown
from leads.intake import services as intake
from leads.intake.services import Question
from leads.models import Consent, Lead
from leads.people.models import LeadStatus
from leads.people.services import Details, set_status
from leads.privacy import services as privacy
from newsletter import receivers
from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate, slots
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Kind, Lane, State
from newsletter.deliveries.record import Record
from newsletter.models import Batch, Delivery, Enrolment, Fact, Outcome, Suppression, Variant
from newsletter.sequences import services as sequences
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import mail, people
from tests.newsletter.sequences.course import DAY, NOW, cancelled, enrolled, hand_over, open_course, planned

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def course(db):
    for key in ("confirmation", "inquiry-answer"):
        mail.variant(mail.email(kind="transactional", key=key, name=key))
    return open_course(0, 2)


def only_delivery(kind: Kind) -> Delivery:
    return Delivery.objects.get(kind=kind)


def ask(lead: Lead) -> ConsentRequest:
    asked = consent.request(lead, evidence=Shown(), now=NOW)
    assert asked is not None
    return asked


def consent_of(enrolment: Enrolment) -> Consent:
    return Consent.objects.get(pk=enrolment.consent_id or 0)


def express() -> Ground:
    return Ground(Purpose.MARKETING, Basis.EXPRESS)


def stops(lead: Lead) -> list[tuple[str, str]]:
    found = Suppression.objects.filter(address_hash=people.hash_of(lead), lifted_at=None)
    return sorted(found.values_list("scope", "reason"))


def test_a_sign_up_plans_the_mail_that_asks_to_confirm():
    lead = people.lead()

    asked = ask(lead)

    delivery, batch = only_delivery(Kind.CONFIRMATION), Batch.objects.get()
    assert (delivery.owner, delivery.item, delivery.lead_id) == (asked.pk, 0, lead.pk)
    assert Variant.objects.get(pk=delivery.variant_id).email.key == "confirmation"
    assert (batch.lane, batch.expires_at) == (Lane.TRANSACTIONAL, asked.expires_at)
    assert Enrolment.objects.count() == 0


def test_the_link_that_confirms_is_minted_when_the_mail_leaves(settings):
    settings.PUBLIC_URL = "https://clinic.example"
    asked = ask(people.lead())

    filled = slots.fill(Kind.CONFIRMATION, [Slotted(7000, asked.pk, 0, asked.lead_id, None)], NOW)

    url = filled[7000].slots["confirm_url"]
    prefix, _, token = url.rpartition("/")
    assert prefix == "https://clinic.example/confirm"
    assert tokens.find(token) == asked


def test_a_question_plans_its_answer_and_begins_no_course():
    question = Question("ada@mail.example", "Does it hurt?", Details())

    inquiry = intake.ask(question, now=NOW)

    delivery = only_delivery(Kind.INQUIRY)
    assert (delivery.owner, delivery.item, delivery.lead_id) == (inquiry.pk, 0, inquiry.lead_id)
    assert Variant.objects.get(pk=delivery.variant_id).email.key == "inquiry-answer"
    assert Batch.objects.get().lane == Lane.TRANSACTIONAL
    assert Enrolment.objects.count() == 0


def test_confirming_begins_the_course_once():
    lead = people.lead()
    asked = ask(lead)
    token = tokens.mint(asked.pk, now=NOW)

    for _ in range(2):
        given = consent.confirm(token, now=NOW + MINUTE, network="")

    enrolment = Enrolment.objects.get()
    assert (enrolment.lead, enrolment.consent, enrolment.due_at) == (lead, given, NOW + MINUTE)


def test_staff_may_record_a_patients_consent_without_beginning_the_course():
    patient = people.lead(status="patient")

    consent.grant(patient, ground=Ground(Purpose.MARKETING, Basis.STAFF_RECORDED), now=NOW)

    assert Enrolment.objects.count() == 0


def test_consent_to_an_answer_is_no_consent_to_the_course():
    consent.grant(people.lead(), ground=Ground(Purpose.INQUIRY, Basis.INQUIRY), now=NOW)

    assert Enrolment.objects.count() == 0


def test_a_new_consent_lifts_an_opt_out_and_never_a_bounce():
    lead = people.lead()
    for scope, reason in (
        (Scope.MARKETING, SuppressionReason.UNSUBSCRIBED),
        (Scope.ALL, SuppressionReason.HARD_BOUNCE),
    ):
        suppression.suppress(people.hash_of(lead), cause=Cause(scope, reason), now=NOW)

    consent.grant(lead, ground=express(), now=NOW + MINUTE)

    assert stops(lead) == [("all", "hard_bounce")]


def test_unsubscribing_suppresses_marketing_ends_the_course_and_marks_the_mail():
    enrolment = enrolled()
    sequences.advance(NOW)
    delivery = only_delivery(Kind.STEP)

    consent.withdraw(enrolment.lead, how="link", delivery_id=delivery.pk, now=NOW + MINUTE)

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason, enrolment.ended_at) == ("exited", "unsubscribed", NOW + MINUTE)
    assert cancelled(enrolment) == [1]
    assert stops(enrolment.lead) == [("marketing", "unsubscribed")]
    assert list(Fact.objects.values_list("delivery_id", "kind")) == [(delivery.pk, "unsubscribed")]


def test_a_withdrawal_that_is_rolled_back_leaves_everything_as_it_was():
    enrolment = enrolled()
    sequences.advance(NOW)

    with transaction.atomic():
        consent.withdraw(enrolment.lead, how="link", now=NOW + MINUTE)
        transaction.set_rollback(True)

    enrolment.refresh_from_db()
    assert (enrolment.state, consent_of(enrolment).withdrawn_at) == ("active", None)
    assert (stops(enrolment.lead), cancelled(enrolment)) == ([], [])


def test_an_opt_out_taken_back_at_once_is_as_if_it_had_not_been():
    enrolment = enrolled()
    consent.withdraw(enrolment.lead, how="link", now=NOW + MINUTE)

    consent.undo_withdrawal(enrolment.lead, now=NOW + 2 * MINUTE)

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason) == ("active", "")
    assert stops(enrolment.lead) == []


def test_a_step_that_is_planned_for_who_becomes_a_patient_does_not_leave():
    enrolment = enrolled()
    sequences.advance(NOW)
    step = only_delivery(Kind.STEP)

    set_status(enrolment.lead, status=LeadStatus.PATIENT, by=people.staff(), now=NOW + MINUTE)

    outcome = Outcome.objects.get()
    assert (outcome.delivery_id, outcome.state, outcome.reason) == (step.pk, State.CANCELLED, "became a patient")
    sequences.advance(NOW + 2 * DAY)
    enrolment.refresh_from_db()
    assert (enrolment.state, planned(enrolment)) == ("exited", [])


def test_who_was_called_a_patient_by_mistake_goes_on_with_the_mail_that_was_taken_back():
    enrolment, robin = enrolled(), people.staff()
    sequences.advance(NOW)

    set_status(enrolment.lead, status=LeadStatus.PATIENT, by=robin, now=NOW + MINUTE)
    set_status(enrolment.lead, status=LeadStatus.LEAD, by=robin, now=NOW + 2 * MINUTE)
    sequences.advance(NOW + 2 * DAY)
    hand_over(NOW + 2 * DAY)
    assert planned(enrolment) == [1]

    sequences.advance(NOW + 4 * DAY)
    assert planned(enrolment) == [1, 2]


def test_erasing_somebody_keeps_the_address_from_ever_being_mailed():
    enrolment = enrolled()
    sequences.advance(NOW)
    lead, address_hash = enrolment.lead, people.hash_of(enrolment.lead)

    privacy.erase(lead, by=people.staff(), now=NOW + MINUTE)

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason) == ("exited", "erased")
    assert cancelled(enrolment) == [1]
    stop = Suppression.objects.get()
    assert (bytes(stop.address_hash), stop.scope, stop.reason) == (address_hash, "all", "erased")


@pytest.mark.parametrize(
    ("scope", "reason", "exit_reason", "facts"),
    [
        (Scope.ALL, SuppressionReason.HARD_BOUNCE, "bounced", ["bounced"]),
        (Scope.ALL, SuppressionReason.COMPLAINT, "complained", ["complained"]),
        (Scope.ALL, SuppressionReason.STAFF, "staff", []),
        (Scope.MARKETING, SuppressionReason.UNSUBSCRIBED, "unsubscribed", []),
    ],
)
def test_whoever_is_suppressed_leaves_the_course(scope, reason, exit_reason, facts):
    """A relay's "no such user" while sending comes this way too."""
    enrolment = enrolled()
    sequences.advance(NOW)
    delivery = only_delivery(Kind.STEP)
    cause = Cause(scope, reason, delivery_id=delivery.pk)

    suppression.suppress(people.hash_of(enrolment.lead), cause=cause, now=NOW + MINUTE)

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason) == ("exited", exit_reason)
    assert cancelled(enrolment) == [1]
    assert list(Fact.objects.values_list("kind", flat=True)) == facts


def test_every_reason_to_suppress_names_an_exit():
    assert set(receivers.EXITS) == set(SuppressionReason)


def test_an_address_of_nobodys_can_be_suppressed():
    cause = Cause(Scope.ALL, SuppressionReason.STAFF)

    assert suppression.suppress(b"\x07" * 32, cause=cause, now=datetime(2027, 1, 1, tzinfo=UTC))


def test_consent_withdrawn_between_planning_and_handing_over_stops_the_mail():
    """Straight into the table, so that nothing cancels it: the gate itself must look."""
    now = database_now()
    enrolment = enrolled(now=now)
    sequences.advance(now)
    Consent.objects.filter(lead=enrolment.lead).update(withdrawn_at=now, withdrawn_how="by hand")
    lease = claim.next_lease(Lane.MARKETING, owner="me", window=10)
    assert lease is not None

    admitted = gate.admit(lease, Record(), window=10)

    assert admitted is None or admitted.rows == []
    outcome = Outcome.objects.get()
    assert (outcome.delivery_id, outcome.state) == (only_delivery(Kind.STEP).pk, State.REFUSED)
    assert planned(enrolment) == [1]


def test_what_is_asked_of_a_confirmed_person_again_is_nothing():
    lead = people.lead()
    consent.grant(lead, ground=express(), now=NOW)

    assert consent.request(lead, evidence=Shown(), now=NOW + MINUTE) is None
    assert ConsentRequest.objects.count() == 0
