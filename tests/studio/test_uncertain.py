"""Uncertain mails: who, which, since when, and the two choices."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from newsletter.deliveries.models import State
from newsletter.models import Later, Outcome, Uncertain
from tests.factories import mail, people

ROOM = reverse("studio:uncertain")


def decide(doubt: Uncertain, choice: str) -> str:
    return reverse("studio:uncertain_decide", args=[doubt.delivery_id, choice])


def test_an_empty_room_teaches(studio: Client) -> None:
    assert "Nothing is uncertain" in studio.get(ROOM).text


def test_each_says_who_which_mail_and_what_happened_the_oldest_first(studio: Client) -> None:
    new, old = (mail.uncertain(people.lead(first_name=name)) for name in ("Nora", "Oda"))
    Uncertain.objects.filter(pk=old.pk).update(since="2026-01-01T00:00Z", why="dot: the connection was lost")

    page = studio.get(ROOM)

    rows = list(page.context["page"])
    assert [row.lead.first_name for row in rows] == ["Oda", "Nora"]
    assert [row.why for row in rows] == ["The connection was lost.", "The connection broke."]
    assert rows[0].subject.startswith("Letter ")
    assert rows[0].subject in page.text
    assert decide(new, "sent") in page.text


def test_a_mail_to_a_colleague_is_listed_too(studio: Client, owner: User) -> None:
    doubt = mail.uncertain(people.lead(), lead_id=None, staff_id=owner.pk)

    assert "A colleague" in studio.get(ROOM).text
    assert "a colleague" in studio.get(decide(doubt, "again")).text


@pytest.mark.parametrize("count", [1, 3])
def test_the_room_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, django_assert_num_queries
) -> None:
    for _ in range(count):
        mail.uncertain(people.lead())

    with django_assert_num_queries(13):
        studio.get(ROOM)


def test_many_come_in_pages(studio: Client) -> None:
    one = mail.uncertain(people.lead())
    for number in range(1, 51):
        Uncertain.objects.create(
            delivery_id=mail.delivery(people.lead()).pk, lane="marketing", since=one.since, why=str(number)
        )

    assert [len(studio.get(ROOM, {"page": page}).context["page"]) for page in (1, 2)] == [50, 1]


def test_treated_as_sent_it_never_leaves_again(studio: Client, owner: User) -> None:
    doubt = mail.uncertain(people.lead())

    answer = studio.post(decide(doubt, "sent"))

    assert answer.headers["Location"] == ROOM
    assert Outcome.objects.get(delivery_id=doubt.delivery_id).state == State.CLOSED
    assert AuditEvent.objects.get().by == owner


def test_sending_again_asks_first_and_says_what_may_happen(studio: Client) -> None:
    doubt = mail.uncertain(people.lead(first_name="Nora"))

    question = studio.get(decide(doubt, "again"))
    asked = Later.objects.count()
    studio.post(decide(doubt, "again"))

    assert "If the first one did arrive, they have it twice." in question.text
    assert "Nora" in question.text
    assert (asked, Later.objects.get().delivery_id) == (0, doubt.delivery_id)


def test_what_was_settled_meanwhile_is_said_and_not_done_twice(studio: Client) -> None:
    doubt = mail.uncertain(people.lead())
    studio.post(decide(doubt, "sent"))
    studio.get(ROOM)

    studio.post(decide(doubt, "again"))
    late = studio.get(decide(doubt, "again"), follow=True)

    told = [str(message) for message in late.context["messages"]]
    assert told == ["That one has been settled in the meantime."] * 2
    assert (Later.objects.count(), Outcome.objects.get().state) == (0, State.CLOSED)


@pytest.mark.parametrize("path", ["1/both", "0/sent", f"{10**30}/again"])
def test_nothing_odd_breaks_the_room(path: str, studio: Client) -> None:
    assert studio.post(f"{ROOM}/{path}").status_code in {302, 404}
    assert studio.get(f"{ROOM}/{path}").status_code in {302, 404}
