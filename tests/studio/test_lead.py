"""One person's page and what staff do there."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from booking.models import Goal
from clinic.clock import database_now
from leads.models import Consent, Lead, Note, Tag
from leads.privacy import services as privacy
from newsletter.deliveries.models import Kind, State
from newsletter.models import Delivery, Enrolment, Fact, Outcome, Suppression
from newsletter.sequences import services as sequences
from newsletter.sequences.plan.document import EventKind
from tests.factories.bookings import appointment
from tests.factories.mail import click, delivery, enrolment, notice, uncertain
from tests.factories.people import consent, inquiry, lead, note, staff
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import email


@pytest.fixture
def ada(owner: User) -> Lead:
    return lead("ada@mail.example", first_name="Ada", last_name="Lovelace", phone="+14165550123")


def page(studio: Client, one: Lead) -> str:
    return studio.get(reverse("studio:lead", args=[one.pk])).text


def act(studio: Client, name: str, one: Lead, /, *args: str, **sent: str):
    return studio.post(reverse(f"studio:{name}", args=[one.pk, *args]), sent)


def test_the_page_says_in_words_what_they_agreed_to(studio: Client, ada: Lead, owner: User) -> None:
    consent(ada, page="/sciatica", network="203.0.113.0")
    consent(ada, basis="staff_recorded", method="phone", by=owner)

    text = page(studio, ada)

    assert "Express consent, web form" in text
    assert "on the page /sciatica, from the network 203.0.113.0" in text
    assert "Yes, send me the emails." in text
    assert "taken by Dana Reyes" in text


def test_the_number_can_be_tapped(studio: Client, ada: Lead) -> None:
    assert 'href="tel:+14165550123"' in page(studio, ada)
    assert "+1 416-555-0123" in page(studio, ada)


@pytest.mark.parametrize("count", [1, 3])
def test_a_long_story_takes_no_more_questions_to_the_database(
    count: int, studio: Client, ada: Lead, owner: User, django_assert_num_queries
) -> None:
    now = database_now()
    way = enrolment(ada)
    for number in range(count):
        notice(ada, enrolment=way, key=number, handled_at=now, handled_by=owner)
        consent(ada)
        inquiry(ada, handled_at=now, handled_by=owner, outcome="answered")
        note(ada, owner)
        click(delivery(ada, state=1))
        appointment(ada, starts_at=now - timedelta(days=number + 1), state="attended")

    with django_assert_num_queries(44):
        page(studio, ada)


def test_a_note_stands_in_the_story_with_its_author(studio: Client, ada: Lead) -> None:
    act(studio, "lead_note", ada, text="Prefers mornings.")

    assert "Prefers mornings." in page(studio, ada)
    assert ada.notes.get().by.name == "Dana Reyes"


def test_an_empty_note_is_not_kept(studio: Client, ada: Lead) -> None:
    act(studio, "lead_note", ada, text="  ")

    assert ada.notes.count() == 0


def test_tags_are_put_on_and_taken_off(studio: Client, ada: Lead) -> None:
    act(studio, "lead_tag", ada, name="  Runner ")
    tagged = [tagging.tag.name for tagging in ada.taggings.all()]
    act(studio, "lead_untag", ada, name="runner")

    assert tagged == ["runner"]
    assert ada.taggings.count() == 0
    assert AuditEvent.objects.filter(act="lead.untagged").count() == 1


def test_a_tag_that_no_database_could_hold_is_left_alone(studio: Client, ada: Lead) -> None:
    assert act(studio, "lead_tag", ada, name="a\x00b").status_code == 302
    assert act(studio, "lead_untag", ada, name="a\x00b").status_code == 302
    assert ada.taggings.count() == 0


def test_staff_correct_the_details(studio: Client, ada: Lead) -> None:
    act(
        studio, "lead_details", ada, first_name="Augusta", last_name="King", phone="416 555 0199", birthday="1985-12-10"
    )

    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.phone) == ("Augusta", "King", "+14165550199")
    assert ada.birthday == date(1985, 12, 10)
    assert "Dec. 10, 1985" in page(studio, ada)


@pytest.mark.parametrize("kind", ["phone", "elsewhere", "patient"])
def test_a_booking_that_staff_hear_of_ends_the_course_and_credits_the_mail(
    kind: str, studio: Client, ada: Lead, owner: User
) -> None:
    way = enrolment(ada)
    sent = delivery(ada, state=1)
    click(sent)

    act(studio, "lead_goal", ada, kind)

    goal = Goal.objects.get()
    assert (goal.kind, goal.credited_delivery_id, goal.by) == (kind, sent.pk, owner)
    assert Enrolment.objects.get(pk=way.pk).exit_reason == "booked"
    assert Lead.objects.get(pk=ada.pk).status == ("patient" if kind == "patient" else "lead")


def test_a_booking_cannot_be_made_up(studio: Client, ada: Lead) -> None:
    act(studio, "lead_goal", ada, "free_call")
    act(studio, "lead_goal", ada, "lottery")

    assert Goal.objects.count() == 0


def test_a_patient_by_mistake_becomes_a_lead_again(studio: Client, ada: Lead) -> None:
    Lead.objects.filter(pk=ada.pk).update(status="patient")

    act(studio, "lead_status", ada, status="lead")

    assert Lead.objects.get(pk=ada.pk).status == "lead"


def test_who_is_marked_as_a_patient_does_not_get_what_was_planned_and_the_page_says_why(
    studio: Client, ada: Lead
) -> None:
    way = enrolment(ada)
    planned = delivery(ada, kind=Kind.STEP, owner=way.pk)

    act(studio, "lead_status", ada, status="patient")

    assert Outcome.objects.get().delivery_id == planned.pk
    assert "The sciatica course · taken back: they became a patient" in page(studio, ada)


def test_taking_somebody_out_of_the_course_asks_first_and_wants_to_know_why(studio: Client, ada: Lead) -> None:
    way = enrolment(ada)
    asked = studio.get(reverse("studio:lead_take_out", args=[ada.pk]))
    act(studio, "lead_take_out", ada, reason=" ")
    before = Enrolment.objects.get(pk=way.pk).state

    act(studio, "lead_take_out", ada, reason="Asked for it")

    assert "The mails still to come are not sent" in asked.text
    assert before == "active"
    assert Enrolment.objects.get(pk=way.pk).exit_reason == "staff"
    assert "Asked for it" in page(studio, ada)


def test_no_mail_is_hurried_while_the_course_is_paused(studio: Client, owner: User, ada: Lead, settings) -> None:
    settings.DEMO = True
    sequences.pause(enrolment(ada).sequence, by=owner, now=database_now())

    act(studio, "lead_next_mail", ada)

    assert "The sequence is paused, or over for them." in page(studio, ada)
    assert Delivery.objects.filter(lead_id=ada.pk).count() == 0


def test_of_two_sequences_the_mail_that_comes_first_is_hurried(studio: Client, ada: Lead, settings) -> None:
    settings.DEMO = True
    consent(ada)
    later = enrolment(ada)
    sooner = ways.begun(ways.sequence(email(1, 1), email(2, 1)), ada, now=database_now())
    Enrolment.objects.filter(pk=later.pk).update(due_at=database_now() + timedelta(days=9))

    answer = act(studio, "lead_next_mail", ada)

    assert answer.status_code == 302
    assert list(Delivery.objects.filter(lead_id=ada.pk).values_list("owner", flat=True)) == [sooner.pk]


def test_the_next_mail_leaves_now_in_the_demo_only(studio: Client, ada: Lead, settings) -> None:
    enrolment(ada)
    hidden = page(studio, ada)
    refused = act(studio, "lead_next_mail", ada)
    settings.DEMO = True

    shown = page(studio, ada)
    act(studio, "lead_next_mail", ada)

    assert refused.status_code == 404
    assert "Next mail now" not in hidden
    assert "Next mail now" in shown
    assert Delivery.objects.filter(lead_id=ada.pk).count() == 1


def test_unsubscribing_at_their_wish_ends_consent_and_course(studio: Client, ada: Lead, owner: User) -> None:
    consent(ada)
    way = enrolment(ada)

    act(studio, "lead_unsubscribe", ada)

    assert Consent.objects.get().withdrawn_how == "told staff"
    assert Suppression.objects.get(lifted_at=None).scope == "marketing"
    assert Enrolment.objects.get(pk=way.pk).state == "exited"
    assert AuditEvent.objects.get(act="lead.unsubscribed").by == owner


def test_erasing_takes_their_address_typed_in_full(studio: Client, ada: Lead) -> None:
    wrong = act(studio, "lead_erase", ada, typed="ada@mail")
    right = act(studio, "lead_erase", ada, typed=" ADA@mail.example ")

    assert wrong.context["form"].errors == {"typed": ["It is not the same address: ada@mail.example."]}
    assert right.headers["Location"] == reverse("studio:leads")
    assert Lead.objects.get(pk=ada.pk).email == ""


def test_somebody_erased_can_be_looked_at_and_nothing_more(studio: Client, ada: Lead) -> None:
    act(studio, "lead_erase", ada, typed="ada@mail.example")

    assert "Everything personal was erased" in page(studio, ada)
    assert "Lovelace" not in page(studio, ada)
    assert act(studio, "lead_note", ada, text="x").status_code == 404
    assert act(studio, "lead_goal", ada, "phone").status_code == 404


@pytest.mark.parametrize(
    ("name", "sent"),
    [("lead_note", {"text": "Ada called."}), ("lead_tag", {"name": "ada"}), ("lead_details", {"last_name": "King"})],
)
def test_who_is_erased_while_staff_write_about_them_is_not_found(
    studio: Client, ada: Lead, name: str, sent: dict[str, str]
) -> None:
    with ways.meanwhile("pg_advisory_xact_lock", lambda: privacy.erase(ada, by=None, now=database_now())):
        answer = act(studio, name, ada, **sent)

    assert (answer.status_code, Note.objects.count(), Tag.objects.count()) == (404, 0, 0)


def test_erasing_is_for_owners_and_managers(client: Client, ada: Lead) -> None:
    client.force_login(staff(Role.FRONT_DESK), backend="django.contrib.auth.backends.ModelBackend")

    assert act(client, "lead_erase", ada, typed="ada@mail.example").status_code == 403
    assert "for the owner and managers" in page(client, ada)
    assert Lead.objects.get(pk=ada.pk).email == "ada@mail.example"


@pytest.mark.parametrize(
    "name", ["lead_note", "lead_tag", "lead_untag", "lead_status", "lead_next_mail"], ids=lambda name: name
)
def test_looking_changes_nothing(name: str, studio: Client, ada: Lead) -> None:
    assert studio.get(reverse(f"studio:{name}", args=[ada.pk])).status_code == 405


@pytest.mark.parametrize(("mails", "waits"), [(3, False), (4, True)])
def test_why_the_next_mail_of_the_course_waits_is_said(mails: int, *, waits: bool, studio: Client) -> None:
    person = lead()
    enrolment(person)
    for _ in range(mails):
        delivery(person, state=State.SUBMITTED)

    page = studio.get(reverse("studio:lead", args=[person.pk])).text

    assert ("the next waits until there is room" in page) == waits


def answer(studio: Client, one: Lead, to: Delivery):
    return studio.post(reverse("studio:lead_answered", args=[one.pk, to.pk]))


def test_an_answer_in_an_ordinary_mailbox_is_noted_and_ends_what_it_was_for(studio: Client, owner: User) -> None:
    way = ways.begun(ways.sequence(email(1), email(2, 5), **ways.goal(EventKind.REPLIED)))
    sequences.advance(ways.NOW)
    letter = Delivery.objects.get()
    Outcome.objects.create(delivery_id=letter.pk, at=ways.NOW, state=State.SUBMITTED)
    assert "They answered this email" in page(studio, way.lead)

    answers = [answer(studio, way.lead, letter) for _ in range(2)]

    way.refresh_from_db()
    assert [one.status_code for one in answers] == [302, 302]
    assert (way.state, way.exit_reason) == ("exited", "replied")
    event = AuditEvent.objects.get(act="lead.answered")
    assert (event.subject, event.by, event.detail["delivery"]) == (f"lead:{way.lead_id}", owner, letter.pk)
    text = page(studio, way.lead)
    assert "Noted that they answered an email" in text
    assert "The answer came to the clinic&#x27;s own mailbox." in text
    assert "They answered this email" not in text


@pytest.mark.parametrize("state", [None, State.REFUSED, State.CANCELLED, State.FAILED])
def test_a_mail_that_never_left_cannot_be_answered(studio: Client, ada: Lead, state: State | None) -> None:
    letter = delivery(ada, state=state)

    assert "They answered this email" not in page(studio, ada)
    assert answer(studio, ada, letter).status_code == 404
    assert Fact.objects.count() == 0


def test_an_answer_shows_that_a_mail_in_doubt_did_leave(studio: Client, ada: Lead) -> None:
    letter = Delivery.objects.get(pk=uncertain(ada).delivery_id)
    assert "They answered this email" in page(studio, ada)

    assert answer(studio, ada, letter).status_code == 302

    assert Outcome.objects.get().state == State.SUBMITTED
    assert Fact.objects.get().kind == "replied"


def test_somebody_elses_mail_and_a_test_are_not_theirs_to_answer(studio: Client, ada: Lead) -> None:
    letters = [delivery(lead(), state=State.SUBMITTED), delivery(ada, state=State.SUBMITTED, kind=Kind.TEST)]

    assert [answer(studio, ada, letter).status_code for letter in letters] == [404, 404]
    assert Fact.objects.count() == 0


def test_their_words_are_on_the_call_list_and_in_the_story(studio: Client, ada: Lead) -> None:
    inquiry(ada, question="Thursday suits me.", answers=1)
    inquiry(lead(), question="", answers=2)

    assert "Answered an email" in page(studio, ada)
    calls = studio.get(reverse("studio:calls")).text
    assert "Answered an email of yours:" in calls
    assert "Thursday suits me." in calls
    assert "The words could not be read here" in calls
