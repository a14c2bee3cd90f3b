"""Merging two leads in the studio: finding the second one, seeing what will happen, and one press."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from psycopg.errors import DeadlockDetected

from accounts.models import AuditEvent, User
from leads.consent import services as consent
from leads.merging import services as merging
from leads.models import Lead
from leads.privacy import services as privacy
from newsletter.deliveries.models import Chunk
from newsletter.models import Delivery, Enrolment
from newsletter.sequences import services
from tests.factories import bookings, mail, people
from tests.newsletter.sequences.course import NOW, enrolled, hand_over, open_course
from tests.website import footprint

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(owner: User) -> Lead:
    return people.lead("ada@home.example", first_name="Ada", last_name="Lovelace", phone="+14165550123")


@pytest.fixture
def work(owner: User) -> Lead:
    return people.lead("ada@work.example", first_name="Ada", last_name="King", phone="+14165550123")


def twin(lead: Lead) -> str:
    return reverse("studio:lead_twin", args=[lead.pk])


def page(kept: Lead, gone: Lead) -> str:
    return reverse("studio:lead_merge", args=[kept.pk, gone.pk])


def parts(studio: Client, kept: Lead, gone: Lead) -> dict[str, list[str]]:
    return studio.get(page(kept, gone)).context["outlook"].parts


def merged(studio: Client, kept: Lead, gone: Lead, **how: Any) -> Any:
    return studio.post(page(kept, gone), {"typed": gone.email}, **how)


def agreed(studio: Client, kept: Lead, gone: Lead) -> str:
    return parts(studio, kept, gone)["What they agreed to"][0]


def test_who_has_the_same_number_is_offered_and_anybody_can_be_looked_for(studio: Client, home: Lead, work: Lead):
    people.lead("grace@mail.example", first_name="Grace", last_name="Hopper")

    assert twin(home) in studio.get(reverse("studio:lead", args=[home.pk])).text
    assert studio.get(twin(home)).context["found"] == [work]
    looked_for = studio.get(twin(home), {"q": "grace"})
    assert [lead.email for lead in looked_for.context["found"]] == ["grace@mail.example"]
    assert studio.get(twin(home), {"q": "ada"}).context["found"] == [work]
    assert "Nobody fits" in studio.get(twin(home), {"q": "nobody at all"}).text


def test_pressed_they_are_one_and_the_page_of_the_other_leads_to_it(
    studio: Client, owner: User, home: Lead, work: Lead
):
    people.note(work, owner, "Prefers mornings.")

    answer = merged(studio, home, work)

    assert answer.headers["Location"] == reverse("studio:lead", args=[home.pk])
    [told] = AuditEvent.objects.filter(act="lead.merged")
    assert (told.subject, told.by) == (f"lead:{home.pk}", owner)
    shown = studio.get(answer.headers["Location"])
    assert {"Merged with a second entry of the same person", "Note"} <= {
        entry.what for entry in shown.context["entries"]
    }
    assert studio.get(reverse("studio:lead", args=[work.pk])).headers["Location"] == answer.headers["Location"]
    assert work.email not in shown.text


def test_looking_at_both_changes_nothing(studio: Client, owner: User, home: Lead, work: Lead):
    open_course(0, 2)
    enrolled(work)
    services.advance(NOW)
    people.consent(home)
    bookings.appointment(work)
    before = footprint.tables()

    assert studio.get(page(home, work)).status_code == 200

    assert footprint.tables() == before


def test_what_will_happen_to_mail_is_said_by_who_agreed(studio: Client, home: Lead, work: Lead):
    people.consent(work)

    assert "only ada@work.example agreed to it" in agreed(studio, home, work)
    assert "go on getting the emails: ada@work.example" in agreed(studio, work, home)
    consent.withdraw(work, how="one click", now=NOW)
    people.consent(home)
    assert "with ada@work.example they said that they want none" in agreed(studio, home, work)


def test_what_will_happen_to_ways_is_what_happens(studio: Client, home: Lead, work: Lead):
    open_course(0, 2)
    kept, gone = enrolled(home), enrolled(work)
    services.advance(NOW)
    hand_over(NOW)

    foretold = parts(studio, home, work)["Sequences"]

    assert foretold == [
        "“The sciatica course” goes on. What the other one had of it does not come again.",
        "“The sciatica course” ends for the other one: The same person, with another address.",
    ]
    merged(studio, home, work)
    states = dict(Enrolment.objects.values_list("pk", "state"))
    assert states == {kept.pk: "active", gone.pk: "exited"}


def test_what_was_mailed_and_agreed_with_the_other_address_is_on_one_page(studio: Client, home: Lead, work: Lead):
    people.consent(work, page="/sciatica")
    mail.delivery(work, state=1)

    merged(studio, home, work)

    shown = studio.get(reverse("studio:lead", args=[home.pk]))
    assert "With an address that they do not use any more" in shown.text
    assert Delivery.objects.get().lead_id == home.pk
    assert {"Agreed", "Letter"} <= {entry.what.split()[0] for entry in shown.context["entries"]}


@pytest.mark.parametrize("typed", ["", "ada@home.example"])
def test_nothing_happens_before_the_address_that_goes_is_typed(studio: Client, home: Lead, work: Lead, typed: str):
    answer = studio.post(page(home, work), {"typed": typed})

    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["typed"])
    assert "This cannot be undone." in answer.text
    assert Lead.objects.filter(erased_at=None).count() == 2


def test_what_will_happen_to_mails_calls_and_wishes_is_said(studio: Client, home: Lead, work: Lead):
    people.consent(work)
    mail.delivery(work)
    mail.delivery(work, state=1)
    call = bookings.appointment(work)
    Lead.objects.filter(pk=work.pk).update(declined_topics=["news"], status="patient")

    said = parts(studio, home, work)

    assert said["Planned mails"][0] == "1 mail waits for ada@work.example. It is taken back."
    assert [sentence.endswith("Its reminders go to ada@home.example.") for sentence in said["Calls"]] == [True]
    assert said["What they agreed to"][1:] == [
        "What ada@work.example agreed to stays on record, with its proof. It counts for no mail to ada@home.example.",
        "A topic that either declined is declined.",
        "They are a patient from now on, and get no invitations.",
    ]
    merged(studio, home, work)
    call.refresh_from_db()
    home.refresh_from_db()
    assert (call.lead, home.status, home.declined_topics) == (home, "patient", ["news"])


def test_who_has_nothing_loses_nothing(studio: Client, home: Lead, work: Lead):
    said = parts(studio, home, work)

    assert (said["Sequences"], said["Planned mails"], said["Calls"], len(said["What they agreed to"])) == (
        ["Neither is in a sequence."],
        ["No mail waits for ada@work.example."],
        ["No call is to come that ada@work.example booked."],
        1,
    )


@pytest.mark.parametrize("method", ["get", "post"])
def test_while_a_mail_is_leaving_for_one_that_both_get_nothing_is_changed(
    studio: Client, home: Lead, work: Lead, method: str
):
    for lead in (home, work):
        leaving = mail.delivery(lead, owner=70)
        Chunk.objects.filter(pk=leaving.chunk_id).update(mark=1)

    answer = getattr(studio, method)(page(home, work), {"typed": work.email}, follow=True)

    assert "is leaving for one of them at this moment" in answer.text
    assert Lead.objects.filter(erased_at=None).count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("how", ["the same", "erased", "nobody"])
def test_who_is_not_there_or_the_same_is_not_found(studio: Client, home: Lead, work: Lead, method: str, how: str):
    privacy.erase(work, by=None, now=NOW)
    other = {"the same": home.pk, "erased": work.pk, "nobody": 2**40}[how]

    answer = getattr(studio, method)(reverse("studio:lead_merge", args=[home.pk, other]), {"typed": "ada@work.example"})

    assert answer.status_code == 404


def test_pressed_twice_it_is_done_once(studio: Client, home: Lead, work: Lead):
    answers = [merged(studio, home, work) for _press in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {reverse("studio:lead", args=[home.pk])}
    assert AuditEvent.objects.filter(act="lead.merged").count() == 1


def test_a_colleague_was_faster(studio: Client, owner: User, home: Lead, work: Lead):
    third = people.lead()
    merging.merge(third, work, by=owner, now=NOW)

    assert merged(studio, home, work).status_code == 404
    assert Lead.objects.filter(merged_into=home).count() == 0


@contextmanager
def given_up(times: int) -> Iterator[None]:
    """So often the database undoes what tags are about to move, since it and another wait for each other."""
    left = [OperationalError("deadlock detected") for _time in range(times)]

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if left and sql.startswith("UPDATE") and "leads_tagging" in sql:
            raise left.pop() from DeadlockDetected()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield


@pytest.mark.parametrize(("times", "said"), [(1, "They are one now"), (2, "Nothing was changed")])
def test_whoever_is_in_the_way_is_waited_for_once(studio: Client, home: Lead, work: Lead, times: int, said: str):
    with given_up(times):
        answer = merged(studio, home, work, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("studio:lead", args=[home.pk])
    assert said in answer.text
    assert Lead.objects.filter(merged_into=home).exists() is (times == 1)
