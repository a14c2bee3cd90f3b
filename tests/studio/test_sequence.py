"""The course in the studio: where people are, its mails read and rewritten, and holding it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.deliveries import guard
from newsletter.deliveries.models import Kind, Lane
from newsletter.models import Batch, Delivery, Enrolment, Sequence, Step
from studio.queries import plan_lines
from tests.factories import mail, people, stock


@pytest.fixture
def course(owner: User) -> Sequence:
    """The shipped course, published."""
    stock.sequences(database_now())
    return Sequence.objects.select_related("published").get(key="sciatica")


def step(course: Sequence, number: int = 1) -> Step:
    """A mail of the course, counted from zero."""
    mails = Step.objects.select_related("variant__email", "variant__current").filter(variant__isnull=False)
    return mails.filter(version=course.published).order_by("position")[number]


def page(course: Sequence, name: str = "sequence") -> str:
    return reverse(f"studio:{name}", args=[course.pk])


def url(name: str, of: Step) -> str:
    return reverse(f"studio:{name}", args=[of.pk])


def send(of: Step, enrolment: Enrolment) -> Delivery:
    return mail.delivery(enrolment.lead, state=1, kind=2, owner=enrolment.pk, item=of.key, variant_id=of.variant_id)


def test_without_a_sequence_the_list_says_what_one_is(studio: Client) -> None:
    assert "No sequence yet" in studio.get(reverse("studio:sequences")).text


def test_the_list_says_at_a_glance_what_each_is_and_how_many_are_inside(studio: Client, course: Sequence) -> None:
    mail.enrolment(people.lead(), course.published)

    listed = studio.get(reverse("studio:sequences"))

    [line] = [line for line in listed.context["lines"] if line.sequence == course]
    assert (line.glance, line.inside, line.is_changed) == ("7 mails over 21 days (up to 8)", 1, False)
    assert line.begins == "when somebody confirms that we may write"


def test_each_step_shows_who_waits_and_what_it_brought(studio: Client, course: Sequence) -> None:
    first, second = step(course, 0), step(course, 1)
    for position in (second.position, second.position, step(course, 2).position):
        mail.enrolment(people.lead(), course.published, next_position=position)
    for enrolment in Enrolment.objects.order_by("pk"):
        label = "person" if enrolment.next_position == second.position else "scanner"
        mail.click(send(first, enrolment), label=label)
    mail.fact(send(second, enrolment), "booked")

    seen = studio.get(page(course))

    figures = [(line.day, line.waiting, line.submitted, line.clicked, line.booked) for line in seen.context["figures"]]
    assert figures[:3] == [(0, 0, 3, 2, 0), (2, 2, 1, 0, 1), (5, 1, 0, 0, 0)]
    assert len(figures) == len({line.words for line in plan_lines.flat(seen.context["lines"]) if line.step.email})
    assert "3 people are under way," in seen.text
    assert reverse("studio:email_edit", args=[first.variant.email_id]) in seen.text


def test_whoever_stands_before_a_wait_is_seen_there_on_the_page_and_in_the_editor(
    studio: Client, course: Sequence
) -> None:
    outer = Step.objects.filter(version=course.published, kind="until").order_by("position")[0]
    inner = Step.objects.filter(version=course.published, kind="wait").order_by("position")[0]
    for place in (outer, outer, inner):
        mail.enrolment(people.lead(), course.published, next_position=place.position)

    seen = [studio.get(page(course, name)) for name in ("sequence", "sequence_edit")]

    for answer in seen:
        lines = list(plan_lines.flat(answer.context["lines"]))
        assert {line.step.key: line.waiting for line in lines if line.waiting} == {outer.key: 2, inner.key: 1}
        assert "2 people are here" in answer.text
    assert [line.step.key for line in seen[0].context["lines"] if line.has_people] == [outer.key]


def test_the_editor_counts_who_stands_where_and_looks_through_no_mails_that_went(
    studio: Client, course: Sequence
) -> None:
    send(step(course), mail.enrolment(people.lead(), course.published, next_position=step(course).position))

    with CaptureQueriesContext(connection) as asked:
        studio.get(page(course, "sequence_edit"))

    statements = [one["sql"] for one in asked.captured_queries]
    assert [sql for sql in statements if "newsletter_delivery" in sql or "newsletter_click" in sql] == []
    assert sum("newsletter_enrolment" in sql for sql in statements) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, course: Sequence, django_assert_num_queries
) -> None:
    for _ in range(count):
        send(step(course), mail.enrolment(people.lead(), course.published))

    with django_assert_num_queries(21):
        studio.get(page(course))


def test_why_people_left_is_counted(studio: Client, course: Sequence) -> None:
    for reason in ("booked", "booked", "unsubscribed"):
        ended = {"state": "exited", "exit_reason": reason, "ended_at": database_now(), "due_at": None}
        mail.enrolment(people.lead(), course.published, **ended)

    assert studio.get(page(course)).context["exits"] == [("Booked", 2), ("Unsubscribed", 1)]


def test_a_mail_is_shown_as_it_leaves_now(studio: Client, course: Sequence) -> None:
    frame = studio.get(url("step_letter", step(course)))

    assert "A long way from your back to your foot" in frame.text
    assert "sandbox" in frame.headers["Content-Security-Policy"]


def test_the_course_can_be_held_and_taken_up_again(studio: Client, course: Sequence) -> None:
    overdue = mail.enrolment(people.lead(), course.published, due_at=database_now())

    studio.post(page(course, "sequence_pause"))
    paused = studio.get(page(course))
    studio.post(page(course, "sequence_resume"), {"hours": "1"})
    overdue.refresh_from_db()

    assert (paused.context["sequence"].state, paused.context["overdue"]) == ("paused", 1)
    assert "(1 overdue)" in paused.text
    assert studio.get(page(course)).context["sequence"].state == "live"
    assert overdue.state == "active"


def test_before_it_goes_on_the_page_shows_how_what_is_overdue_leaves(studio: Client, course: Sequence) -> None:
    for _ in range(4):
        mail.enrolment(people.lead(), course.published, due_at=database_now())
    studio.post(page(course, "sequence_pause"))

    seen = studio.get(page(course, "sequence_resume"), {"hours": "2"})

    assert sum(part.people for part in seen.context["parts"]) == 4
    assert "4 people are overdue" in seen.text
    assert studio.get(page(course)).context["sequence"].state == "paused"


@pytest.mark.parametrize("hours", ["", "0", "-1", "x", "1e9", "nan", "inf"])
def test_hours_that_make_no_sense_are_refused(hours: str, studio: Client, course: Sequence) -> None:
    studio.post(page(course, "sequence_pause"))

    answers = [ask(page(course, "sequence_resume"), {"hours": hours}) for ask in (studio.get, studio.post)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert studio.get(page(course)).context["sequence"].state == "paused"


def test_looking_changes_nothing(studio: Client, course: Sequence) -> None:
    assert studio.get(page(course, "sequence_pause")).status_code == 405
    assert studio.get(page(course, "sequence_resume"))["Location"] == page(course)


def test_a_step_that_is_not_there_is_explained(studio: Client) -> None:
    assert studio.get(reverse("studio:step_letter", args=[4711])).status_code == 404


def test_a_course_that_paused_by_itself_says_why_and_can_be_resumed(studio: Client, course: Sequence) -> None:
    batch = Batch.objects.create(kind=Kind.STEP, owner_id=course.pk, lane=Lane.MARKETING, planned_at=database_now())
    chunk = batch.chunks.create(lane=Lane.MARKETING, due_at=database_now(), size=1)
    guard.report({chunk.pk: "xxx" + "." * 47}, words="dot: 554 5.7.1 no")

    said = studio.get(page(course)).text
    assert "It paused by itself" in said
    assert "refused 3 of the last 50 mails" in said
    assert "dot: 554 5.7.1 no" in said

    studio.post(page(course, "sequence_resume"), {"hours": "1"})
    assert "It paused by itself" not in studio.get(page(course)).text
