from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, AuditEvent
from clinic.clock import database_now
from leads.consent import services as consent
from leads.merging import services as merging
from leads.models import Lead
from leads.people.models import LeadStatus
from newsletter.deliveries.models import State
from newsletter.models import Enrolment, Outcome, Sequence
from newsletter.sequences.plan.document import Again
from newsletter.sequences.queries import enrolments
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from studio.queries import timeline
from tests.factories import people
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.report import lived

Ask = Callable[..., Any]
NOBODY = "nobody@mail.example"


@pytest.fixture
def ada(knee: Sequence) -> Lead:
    """Somebody who agreed."""
    return people.consent(people.lead("ada@mail.example")).lead


def under_way() -> list[int]:
    return list(Enrolment.objects.filter(ended_at=None).values_list("lead_id", flat=True))


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["outcome"]


def test_the_published_sequences_are_named_with_their_keys(program: Client, knee: Sequence) -> None:
    Sequence.objects.create(key="unfinished", name="Unfinished", state="draft")

    answer = program.get("/api/v1/sequences").json()

    assert answer == {
        "sequences": [{"key": knee.key, "name": knee.name, "state": "live", "about": "1 mail over 1 day"}]
    }


@pytest.mark.parametrize("of", ["email", "lead"])
def test_somebody_begins_who_agreed(ask: Ask, ada: Lead, of: str) -> None:
    answer = ask(**({"email": " Ada@MAIL.example "} if of == "email" else {"lead": ada.pk}))

    assert said(answer) == (201, "begun")
    assert under_way() == [ada.pk]


def test_the_trail_says_which_program_asked(ask: Ask, ada: Lead, knee: Sequence) -> None:
    ask(lead=ada.pk)

    event = AuditEvent.objects.get(act="sequence.begun")
    assert (event.subject, event.by) == (f"sequence:{knee.pk}", None)
    assert event.detail == {"asked": 1, "people": 1, "program": "The booking system"}


def test_asking_twice_is_asking_once(ask: Ask, ada: Lead) -> None:
    answers = [ask(email=ada.email) for _ in range(3)]

    assert [said(answer) for answer in answers] == [(201, "begun"), (200, "under_way"), (200, "under_way")]
    assert Enrolment.objects.count() == 1
    assert AuditEvent.objects.filter(act="sequence.begun").count() == 1


def test_the_rule_about_a_second_time_holds(ask: Ask, ada: Lead) -> None:
    ask(lead=ada.pk)
    ask("leave", lead=ada.pk)

    assert said(ask(lead=ada.pk)) == (409, "not_again")
    assert Enrolment.objects.count() == 1


def test_whoever_may_come_again_begins_again(program: Client, ada: Lead) -> None:
    weekly = ways.sequence(email(1, 1), key="weekly", again=Again.OCCASION)
    Enrolment.objects.create(
        sequence=weekly,
        version_id=weekly.published_id or 0,
        lead=ada,
        state="finished",
        occasion=7,
        enrolled_at=database_now(),
        ended_at=database_now(),
    )

    answer = program.post(f"/api/v1/sequences/{weekly.key}/enrolments", {"lead": ada.pk}, "application/json")

    assert said(answer) == (201, "begun")


def test_the_conditions_for_entering_hold(program: Client, ada: Lead) -> None:
    runners = ways.sequence(email(1, 1), key="runners", entry=({"name": "tagged", "value": "runner", "not": False},))

    answer = program.post(f"/api/v1/sequences/{runners.key}/enrolments", {"lead": ada.pk}, "application/json")

    assert said(answer) == (409, "not_fitting")
    assert answer.json()["detail"] == "They do not meet the conditions for entering this sequence."


def _agreed_long_ago(lead: Lead) -> None:
    lead.consents.update(expires_at=F("granted_at"))


def _left(lead: Lead) -> None:
    consent.withdraw(lead, how="page", now=database_now())


def _bounced(lead: Lead) -> None:
    cause = Cause(Scope.ALL, SuppressionReason.HARD_BOUNCE)
    suppression.suppress(people.hash_of(lead), cause=cause, now=database_now())


def _is_a_patient(lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(status=LeadStatus.PATIENT)


def _wants_no_such_mail(lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(declined_topics=["course", "newsletter"])


@pytest.mark.parametrize("happened", [_agreed_long_ago, _left, _bounced, _is_a_patient, _wants_no_such_mail])
@pytest.mark.parametrize("was_in", [False, True])
def test_who_may_not_be_mailed_is_told_apart_from_nobody_by_nothing(
    ask: Ask, ada: Lead, happened: Callable[[Lead], None], was_in: bool
) -> None:
    if was_in:
        ask(email=ada.email)
    happened(ada)

    answers = [ask(email=ada.email), ask(email=NOBODY), ask(lead=ada.pk), ask(lead=2**62)]

    assert {(one.status_code, one.text) for one in answers} == {(409, answers[1].text)}
    assert answers[1].json()["outcome"] == "may_not"


def test_a_stranger_costs_the_same_questions_as_somebody_who_may_not(
    ask: Ask, ada: Lead, django_assert_num_queries
) -> None:
    _agreed_long_ago(ada)
    ask(email=NOBODY)

    with django_assert_num_queries(15) as known:
        ask(email=ada.email)
    with django_assert_num_queries(len(known)):
        ask(email=NOBODY)


def test_a_sequence_that_is_not_published_is_not_there(program: Client, ada: Lead) -> None:
    Sequence.objects.create(key="unfinished", name="Unfinished", state="draft")

    answers = [
        program.post(f"/api/v1/sequences/{key}/{act}", {"lead": ada.pk}, "application/json")
        for key in ("unfinished", "none")
        for act in ("enrolments", "leave")
    ]

    assert [one.status_code for one in answers] == [404, 404, 404, 404]
    assert answers[0].json()["detail"] == "There is no published sequence with this key."


def test_somebody_is_taken_out_and_their_page_says_by_which_program(ask: Ask, ada: Lead) -> None:
    ask(email=ada.email)

    answer = ask("leave", email=ada.email)

    assert (answer.status_code, answer.content) == (204, b"")
    assert [way.exit_reason for way in enrolments(ada)] == ["staff"]
    (entry,) = [one for one in timeline.of(ada) if one.what == "Taken out of a sequence by staff"]
    assert (entry.detail, entry.by) == ("Asked for by the program “The booking system”", None)


def test_the_last_mail_of_who_has_finished_is_taken_back(ask: Ask, ada: Lead, knee: Sequence) -> None:
    assert knee.published is not None
    waiting = lived.mailed(lived.way(knee.published, lived.FINISHED, lead=ada), 1, state=None)

    assert ask("leave", email=ada.email).status_code == 204
    assert Outcome.objects.get(delivery_id=waiting.pk).state == State.CANCELLED


@pytest.mark.parametrize("of", ["email", "lead"])
def test_who_was_merged_leaves_by_what_they_were_known_by_and_begins_by_none_of_it(
    ask: Ask, ada: Lead, of: str
) -> None:
    gone = people.consent(people.lead("ada@work.example")).lead
    who = {"email": "Ada@work.example"} if of == "email" else {"lead": gone.pk}
    ask(**who)
    merging.merge(ada, gone, by=people.staff(), now=database_now())
    assert under_way() == [ada.pk]

    assert said(ask(**who)) == (409, "may_not")
    assert ask("leave", **who).status_code == 204
    assert under_way() == []


def test_who_has_an_address_now_leaves_by_it_and_not_who_had_it(ask: Ask, ada: Lead) -> None:
    gone = people.lead("ada@work.example")
    merging.merge(ada, gone, by=people.staff(), now=database_now())
    bob = people.consent(people.lead("ada@work.example")).lead
    for one in (ada, bob):
        ask(lead=one.pk)

    ask("leave", email=bob.email)

    assert under_way() == [ada.pk]


@pytest.mark.parametrize("of", ["email", "lead"])
def test_a_stranger_who_is_to_leave_costs_the_same_questions_as_somebody_who_is_not_in(
    ask: Ask, ada: Lead, of: str, django_assert_num_queries
) -> None:
    ask("leave", email=NOBODY)
    whoever = [{"email": NOBODY}, {"email": ada.email}] if of == "email" else [{"lead": 2**62}, {"lead": ada.pk}]

    with CaptureQueriesContext(connection) as stranger:
        ask("leave", **whoever[0])
    with django_assert_num_queries(len(stranger)):
        ask("leave", **whoever[1])


def test_taking_out_says_nothing_about_who_was_in(ask: Ask, ada: Lead) -> None:
    answers = [ask("leave", email=NOBODY), ask("leave", email=ada.email), ask("leave", lead=ada.pk)]

    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 3


def test_the_other_sequences_go_on(ask: Ask, ada: Lead, program: Client) -> None:
    other = ways.sequence(email(1, 1), key="other")
    ask(lead=ada.pk)
    program.post(f"/api/v1/sequences/{other.key}/enrolments", {"lead": ada.pk}, "application/json")

    ask("leave", lead=ada.pk)

    assert list(Enrolment.objects.filter(ended_at=None).values_list("sequence", flat=True)) == [other.pk]


def test_when_the_key_was_used_is_known_to_the_minute(ask: Ask, made: tuple[ApiKey, str], ada: Lead) -> None:
    ask(lead=ada.pk)
    first = ApiKey.objects.get().last_used_at
    ask(lead=ada.pk)

    assert first is not None
    assert ApiKey.objects.get().last_used_at == first
