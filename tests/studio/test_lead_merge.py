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


def sentences(studio: Client, kept: Lead, gone: Lead) -> list[str]:
    return studio.get(page(kept, gone)).context["outlook"].sentences


def test_who_has_the_same_number_is_offered_and_anybody_can_be_looked_for(studio: Client, home: Lead, work: Lead):
    people.lead("grace@mail.example", first_name="Grace", last_name="Hopper")

    assert twin(home) in studio.get(reverse("studio:lead", args=[home.pk])).text
    assert studio.get(twin(home)).context["found"] == [work]
    looked_for = studio.get(twin(home), {"q": "grace"})
    assert [lead.email for lead in looked_for.context["found"]] == ["grace@mail.example"]
    assert studio.get(twin(home), {"q": "ada"}).context["found"] == [work]
    assert "Nobody fits" in studio.get(twin(home), {"q": "nobody at all"}).text


def test_one_press_makes_them_one_and_the_page_of_the_other_leads_to_it(
    studio: Client, owner: User, home: Lead, work: Lead
):
    people.note(work, owner, "Prefers mornings.")

    answer = studio.post(page(home, work))

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

    assert "only ada@work.example agreed to it" in sentences(studio, home, work)[1]
    assert "go on getting the emails: ada@work.example" in sentences(studio, work, home)[1]
    consent.withdraw(work, how="one click", now=NOW)
    people.consent(home)
    assert "with ada@work.example they said that they want none" in sentences(studio, home, work)[1]


def test_what_will_happen_to_ways_is_what_happens(studio: Client, home: Lead, work: Lead):
    open_course(0, 2)
    kept, gone = enrolled(home), enrolled(work)
    services.advance(NOW)
    hand_over(NOW)

    foretold = sentences(studio, home, work)[2:-1]

    assert foretold == [
        "“The sciatica course” goes on. What the other one had of it does not come again.",
        "“The sciatica course” ends for the other one: The same person, with another address.",
    ]
    studio.post(page(home, work))
    states = dict(Enrolment.objects.values_list("pk", "state"))
    assert states == {kept.pk: "active", gone.pk: "exited"}


def test_what_was_mailed_and_agreed_with_the_other_address_is_on_one_page(studio: Client, home: Lead, work: Lead):
    people.consent(work, page="/sciatica")
    mail.delivery(work, state=1)

    studio.post(page(home, work))

    shown = studio.get(reverse("studio:lead", args=[home.pk]))
    assert "With an address that they do not use any more" in shown.text
    assert Delivery.objects.get().lead_id == home.pk
    assert {"Agreed", "Letter"} <= {entry.what.split()[0] for entry in shown.context["entries"]}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("how", ["the same", "erased", "nobody"])
def test_who_is_not_there_or_the_same_is_not_found(studio: Client, home: Lead, work: Lead, method: str, how: str):
    privacy.erase(work, by=None, now=NOW)
    other = {"the same": home.pk, "erased": work.pk, "nobody": 2**40}[how]

    answer = getattr(studio, method)(reverse("studio:lead_merge", args=[home.pk, other]))

    assert answer.status_code == 404


def test_pressed_twice_it_is_done_once(studio: Client, home: Lead, work: Lead):
    answers = [studio.post(page(home, work)) for _press in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {reverse("studio:lead", args=[home.pk])}
    assert AuditEvent.objects.filter(act="lead.merged").count() == 1


def test_a_colleague_was_faster(studio: Client, owner: User, home: Lead, work: Lead):
    third = people.lead()
    merging.merge(third, work, by=owner, now=NOW)

    assert studio.post(page(home, work)).status_code == 404
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
        answer = studio.post(page(home, work), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("studio:lead", args=[home.pk])
    assert said in answer.text
    assert Lead.objects.filter(merged_into=home).exists() is (times == 1)
