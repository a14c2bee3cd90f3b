"""What begins a way: announced by somebody, looked for by the tick, or chosen by hand."""

from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from booking import services as booking
from booking import ways
from booking.models import AppointmentState
from leads import signals
from leads.consent import services as consent
from leads.consent.models import Basis, Purpose
from leads.consent.services import Ground
from leads.intake import services as intake
from leads.models import Inquiry, Lead
from leads.tags import services as tags
from newsletter.models import Sequence
from newsletter.sequences import services, triggers
from newsletter.sequences.models import SequenceState
from newsletter.sequences.occasions import About, occasion_of
from newsletter.sequences.plan.document import Again, EventKind, TriggerKind
from tests.booking.diary import NOW as MONDAY
from tests.booking.diary import THURSDAY, clinic_with_calls, thin_mails, visitor, wanted
from tests.factories import bookings, mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import (
    DAY,
    NOW,
    goal,
    inside,
    publish,
    reader,
    segment,
    sequence,
    trigger,
    who,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
EXPRESS = Ground(Purpose.MARKETING, Basis.EXPRESS)
PER_OCCASION = {"again": Again.OCCASION}


def agree(lead: Lead, **shown: str) -> None:
    consent.grant(lead, ground=EXPRESS, shown=consent.Shown(**shown), now=NOW)


# What is announced


@pytest.mark.parametrize(
    ("value", "fits"),
    [("", True), ("sign_up", True), ("phone", False), ("/pain", True), ("/other", False), ("newsletter", False)],
)
def test_a_consent_begins_what_asks_for_its_source_its_page_or_any(value, fits):
    knee = sequence(email(1), **trigger(TriggerKind.CONSENT, value))
    lead = people.lead(source="sign_up")

    agree(lead, page="/pain")

    assert inside(knee) == ([lead.pk] if fits else [])


def test_a_consent_by_topic_is_of_those_who_want_nothing_else():
    news = sequence(email(1), topic="newsletter", **trigger(TriggerKind.CONSENT, "newsletter"))
    both, only = people.lead(), people.lead(declined_topics=["course"])

    for lead in (both, only):
        agree(lead)

    assert inside(news) == [only.pk]


def test_one_consent_begins_every_sequence_that_it_begins_and_no_draft():
    first = sequence(email(1), key="one", **trigger(TriggerKind.CONSENT))
    second = sequence(email(1), key="two", **trigger(TriggerKind.CONSENT))
    paused = sequence(email(1), key="three", **trigger(TriggerKind.CONSENT))
    draft = sequence(email(1), key="four", **trigger(TriggerKind.CONSENT))
    Sequence.objects.filter(pk=paused.pk).update(state=SequenceState.PAUSED)
    Sequence.objects.filter(pk=draft.pk).update(state=SequenceState.DRAFT)
    lead = people.lead()

    agree(lead)

    assert [inside(one) for one in (first, second, paused, draft)] == [[lead.pk], [lead.pk], [lead.pk], []]


def test_a_consent_for_something_else_begins_nothing():
    knee = sequence(email(1), **trigger(TriggerKind.CONSENT))
    lead = people.lead()

    consent.grant(lead, ground=Ground(Purpose.INQUIRY, Basis.INQUIRY), now=NOW)

    assert who(knee) == []


def test_every_sequence_left_by_mistake_goes_on_when_that_is_taken_back():
    knee, news = sequence(email(1)), sequence(email(1), key="news", topic="newsletter")
    lead = reader()
    for one in (knee, news):
        services.begin_by_hand(one, [lead.pk], by=None, now=NOW)
    consent.withdraw(lead, how="mail", now=NOW)
    assert [inside(one) for one in (knee, news)] == [[], []]

    consent.undo_withdrawal(lead, now=NOW + timedelta(minutes=9))

    assert [inside(one) for one in (knee, news)] == [[lead.pk], [lead.pk]]


def test_a_tag_begins_what_it_is_named_by_once():
    knee = sequence(email(1), key="knee", **trigger(TriggerKind.TAG, "Leg  pain"))
    other = sequence(email(1), key="other", **trigger(TriggerKind.TAG, "hip"))
    lead = reader()

    tags.add(lead, name="leg pain", by=None, now=NOW)
    tags.remove(lead, name="leg pain")
    tags.add(lead, name="leg pain", by=None, now=NOW)

    assert (inside(knee), inside(other)) == ([lead.pk], [])


def test_each_question_begins_its_own_way_where_the_rule_says_so():
    asked = sequence(email(1), **trigger(TriggerKind.QUESTION), **PER_OCCASION)
    mail.variant(mail.email(kind="transactional", key="inquiry-answer"))
    lead = people.consent(people.lead("ana@mail.example")).lead

    for _ in range(2):  # only the first of a day is answered by a mail
        intake.ask(intake.Question("ana@mail.example", "Does it hurt?"), now=NOW)

    questions = list(Inquiry.objects.order_by("pk").values_list("pk", flat=True))
    about = [occasion_of(About.QUESTION, question) for question in questions]
    assert who(asked) == [(lead.pk, question, 0, "active") for question in about]


def test_a_question_and_a_call_of_one_number_begin_two_ways_and_end_only_their_own():
    made, lead = sequence(email(1), **trigger(TriggerKind.QUESTION), **PER_OCCASION), reader()
    signals.question_asked.send(Inquiry, inquiry=people.inquiry(lead, pk=17), now=NOW)
    publish(made, plans.plan(email(1), **trigger(TriggerKind.BOOKED), **PER_OCCASION))

    call = bookings.appointment(lead, pk=17)
    ways.turned(call, now=NOW)
    call.state = AppointmentState.CANCELLED
    ways.turned(call, now=NOW)

    assert [state for _lead, _occasion, _turn, state in who(made)] == ["active", "exited"]


class Calls:
    """Sequences for whatever becomes of a call, and somebody who books one."""

    def __init__(self) -> None:
        clinic_with_calls()
        thin_mails()
        self.of = {
            kind: sequence(
                email(1, 1),
                key=kind.value,
                at=MONDAY - DAY,
                **trigger(kind),
                **PER_OCCASION,
                **goal(EventKind.ATTENDED),
            )
            for kind in (TriggerKind.BOOKED, TriggerKind.ATTENDED, TriggerKind.CANCELLED, TriggerKind.MISSED)
        }
        self.lead = people.consent(people.lead("ana@mail.example")).lead
        self.call = booking.book(visitor(), wanted=wanted(), now=MONDAY)

    def record(self, state: AppointmentState) -> None:
        self.call = booking.record_outcome(self.call, state=state, by=people.staff(), now=THURSDAY + HOUR)

    def ways(self) -> dict[str, list[tuple[str, str]]]:
        return {
            kind.value: list(one.enrolments.order_by("pk").values_list("state", "exit_reason"))
            for kind, one in self.of.items()
            if one.enrolments.exists()
        }


def test_a_booked_call_begins_its_preparation_with_the_call_as_occasion():
    calls = Calls()

    assert calls.ways() == {"booked": [("active", "")]}
    assert who(calls.of[TriggerKind.BOOKED]) == [(calls.lead.pk, calls.call.pk, 0, "active")]


def test_a_moved_call_is_the_same_call():
    calls = Calls()

    booking.move(calls.call, starts_at=THURSDAY + 2 * DAY - DAY, now=MONDAY)

    assert calls.ways() == {"booked": [("active", "")]}


def test_a_cancelled_call_ends_its_preparation_and_begins_what_follows():
    calls = Calls()

    booking.cancel(calls.call, now=MONDAY + HOUR)

    assert calls.ways() == {"booked": [("exited", "over")], "cancelled": [("active", "")]}


def test_a_call_that_somebody_came_to_is_the_goal_of_its_preparation_and_begins_what_follows():
    calls = Calls()

    calls.record(AppointmentState.ATTENDED)

    assert calls.ways() == {"booked": [("exited", "attended")], "attended": [("active", "")]}


def test_a_missed_call_ends_its_preparation_and_begins_what_follows():
    calls = Calls()

    calls.record(AppointmentState.MISSED)

    assert calls.ways() == {"booked": [("exited", "over")], "missed": [("active", "")]}


def test_an_outcome_that_was_written_down_by_mistake_ends_what_it_began():
    calls = Calls()
    calls.record(AppointmentState.MISSED)

    calls.record(AppointmentState.ATTENDED)
    calls.record(AppointmentState.ATTENDED)

    assert calls.ways()["missed"] == [("exited", "attended")]
    assert calls.ways()["attended"] == [("active", "")]


def test_what_another_call_began_is_left_alone():
    calls = Calls()
    second = booking.book(visitor(), wanted=wanted(THURSDAY + DAY), now=MONDAY)

    booking.cancel(calls.call, now=MONDAY + HOUR)

    ways = who(calls.of[TriggerKind.BOOKED])
    assert ways == [(calls.lead.pk, calls.call.pk, 0, "exited"), (calls.lead.pk, second.pk, 0, "active")]


# By hand


def test_staff_begin_for_chosen_people_and_it_is_written_down():
    knee, owner = sequence(email(1)), people.staff()
    welcome, patient = reader(), reader(status="patient")

    assert services.begin_by_hand(knee, [welcome.pk, patient.pk], by=owner, now=NOW) == [welcome.pk]
    assert services.begin_by_hand(knee, [welcome.pk], by=owner, now=NOW) == []

    events = AuditEvent.objects.order_by("pk").values_list("act", "subject", "by", "detail")
    subject = f"sequence:{knee.pk}"
    assert list(events) == [
        ("sequence.begun", subject, owner.pk, {"asked": 2, "people": 1}),
        ("sequence.begun", subject, owner.pk, {"asked": 1, "people": 0}),
    ]


def test_staff_begin_for_a_segment():
    knee = sequence(email(1))
    tagged, other, blocked = reader(), reader(), people.lead()
    for lead in (tagged, blocked):
        tags.add(lead, name="knee", by=None, now=NOW)

    assert services.begin_with_segment(knee, segment("knee"), by=people.staff(), now=NOW) == [tagged.pk]
    assert inside(knee) == [tagged.pk]
    assert other.pk not in inside(knee)


def test_nobody_begins_what_has_not_been_published():
    draft = Sequence.objects.create(key="draft", name="Draft", state=SequenceState.DRAFT)

    with pytest.raises(triggers.NotPublished):
        services.begin_by_hand(draft, [reader().pk], by=None, now=NOW)
