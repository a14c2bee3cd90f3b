"""An invitation while calls are few, from the editor's form to the mail: it waits, or goes in other words."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from booking import availability, queries, services, times, ways
from booking.models import Appointment
from clinic.clock import database_now
from clinic.queries import zone
from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate, letters
from newsletter.deliveries.record import Record
from newsletter.models import Delivery, EmailTemplate, Enrolment, Sequence, Variant
from newsletter.sequences import publishing, writing
from newsletter.sequences.advance import advance
from newsletter.sequences.publishing import Choice
from tests.booking import diary
from tests.booking.diary import visitor, wanted
from tests.factories import people, stock
from tests.newsletter.sequences.ways import begun

pytestmark = pytest.mark.django_db
DAYS = 4


@pytest.fixture
def now(db: None) -> datetime:
    """A clinic that takes calls, with the words that are shipped."""
    diary.clinic_with_calls()
    stock.mails(database_now())
    return database_now()


@pytest.fixture
def owner(now: datetime) -> User:
    return people.staff()


@pytest.fixture
def free(now: datetime) -> int:
    """How many calls are free now."""
    return ways.free_calls(DAYS, now)


def email(key: str) -> EmailTemplate:
    return EmailTemplate.objects.get(key=key)


def drawn_up(client: Client, owner: User, free: int, *, other: str = "") -> Sequence:
    """In the editor: a mail that names free times, at once, but not with fewer than so many."""
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    made = writing.begin("Come and talk", topic="course", by=owner, now=database_now())
    act = reverse("studio:sequence_act", args=[made.pk])
    client.post(act, {"act": "add", "number": made.draft_number, "kind": "email", "place": "top-0"})
    made.refresh_from_db()
    said = {"email": email("course-16").pk, "days": 0, "fewer": free, "ahead": DAYS, "other": other}
    assert client.post(act, {"act": "change", "number": made.draft_number, "key": 1, **said}).status_code == 302
    return Sequence.objects.get(pk=made.pk)


def live(of: Sequence, owner: User) -> Sequence:
    publishing.publish(of.pk, Choice(), seen=publishing.Seen(of.draft_number), by=owner, now=database_now())
    return Sequence.objects.get(pk=of.pk)


def book_the_first(now: datetime) -> Appointment:
    return services.book(visitor(), wanted=wanted(queries.open_slots(now=now)[0]), now=now)


def came(way: Enrolment) -> list[str | None]:
    """The names of the mails that were planned for them."""
    mails = Delivery.objects.filter(kind=2, owner=way.pk).order_by("id")
    return [Variant.objects.get(pk=one.variant_id).email.key for one in mails]


def leaving() -> Iterator[str]:
    """The words of what the gate lets out now."""
    lease = claim.next_lease("marketing", owner="test", window=100)
    assert lease is not None
    admitted = gate.admit(lease, Record(), window=100)
    assert admitted is not None
    for row in admitted.rows:
        message = message_from_bytes(letters.finished(row, admitted).content, policy=policy.default)
        yield message.get_body(("plain",)).get_content()


def first_named(now: datetime) -> str:
    """The first of the next free times, as a mail that leaves now says it."""
    return times.said_together(availability.few(queries.open_slots(now=now), zone=zone()), zone()).splitlines()[0]


def test_it_waits_while_calls_are_few_and_names_those_that_are_free_when_it_leaves(client, owner, now, free):
    page = reverse("studio:sequence", args=[(made := drawn_up(client, owner, free)).pk])
    assert f"with fewer than {free} free calls in {DAYS} days it waits" in client.get(page).text
    call = book_the_first(now)

    way = begun(live(made, owner), now=now, is_asked_for=True)
    advance(now)
    way.refresh_from_db()
    assert (came(way), way.state) == ([], "active")
    assert timedelta(0) < way.due_at - now < timedelta(days=4)

    services.cancel(call, now=now)
    Enrolment.objects.update(due_at=now)
    advance(now)
    assert came(way) == ["course-16"]
    before = first_named(now)
    book_the_first(now)
    [words] = leaving()
    assert first_named(now) in words
    assert before not in words


def test_it_goes_in_other_words_while_calls_are_few(client, owner, now, free):
    made = drawn_up(client, owner, free, other=str(email("course-21").pk))
    page = reverse("studio:sequence", args=[made.pk])
    assert f"with fewer than {free} free calls in {DAYS} days “" in client.get(page).text
    made = live(made, owner)

    enough = begun(made, now=now, is_asked_for=True)
    advance(now)
    book_the_first(now)
    few = begun(made, now=now, is_asked_for=True)
    advance(now)

    assert (came(enough), came(few)) == (["course-16"], ["course-21"])


def test_other_words_that_cannot_go_out_keep_the_plan_from_being_published(client, owner, now, free):
    other = EmailTemplate.objects.create(kind="step", topic="course", name="Later", subject="", key="later")
    made = drawn_up(client, owner, free, other=str(other.pk))

    found = publishing.review(made, publishing.draft(made))

    assert any(problem.blocks and "Later" in problem.words for problem in found)
    with pytest.raises(publishing.NotPublishable):
        live(made, owner)
