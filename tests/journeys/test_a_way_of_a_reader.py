"""A reader on their way through a sequence: real mails by SMTP, real requests for their links, real ticks beside them.

Nobody waits for days here: `pass_time` makes whatever was written so much older.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from booking.models import Appointment, Goal
from clinic import clock
from config import env
from newsletter import tick
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.sending import slot
from newsletter.models import CompiledEmail, Delivery, Enrolment, Outcome, Sequence
from newsletter.sequences import entering, services
from newsletter.sequences.models import SequenceState
from newsletter.sequences.plan.document import Event, EventKind, Plan, Step, StepKind
from newsletter.sequences.publishing import drafts, versions
from newsletter.sequences.queries import COURSE_KEY
from newsletter.sequences.schedule import Wait
from tests.booking import diary as calls
from tests.config.deadlines import wait_until
from tests.factories import clinics, people, stock
from tests.fakes.smtp_sink import SmtpSink
from website import diary
from website.forms import stamp
from website.forms.stamp import Stamp

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
A_MOMENT, A_DAY = timedelta(minutes=1), timedelta(days=1)
READER = "robin@reader.example"
WRITTEN = {
    "newsletter_enrolment": ("due_at", "since", "enrolled_at", "ended_at"),
    "newsletter_outcome": ("at",),
    "newsletter_click": ("at",),
    "newsletter_chunk": ("due_at",),
    "booking_goal": ("at",),
}
WAITS_FOR_US = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""


@pytest.fixture
def sink(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpSink]:
    """A clinic with calls whose marketing mail goes to this relay."""
    cache.clear()
    settings.SEQUENCE_DAY_SECONDS = A_DAY.total_seconds()  # as long as days are, but mail goes at any hour
    calls.clinic_with_calls()
    clinics.clinic(cap_mails=10)
    calls.thin_mails()
    with SmtpSink() as relay:
        monkeypatch.setenv("MARKETING_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
        monkeypatch.setenv("MARKETING_OPTIONS", json.dumps({"host": "127.0.0.1", "port": relay.port, "timeout": 5}))
        settings.MAILERS, settings.JOURNAL_DIR = env.mailers(smtp={"host": "nowhere.invalid"}), tmp_path
        yield relay


def pass_time(so_long: timedelta) -> None:
    with connection.cursor() as cursor:
        for table, columns in WRITTEN.items():
            older = ", ".join(f"{column} = {column} - %(so_long)s::interval" for column in columns)
            cursor.execute(f"UPDATE {table} SET {older}", {"so_long": f"{so_long.total_seconds()} seconds"})  # noqa: S608


def tick_and_mail() -> None:
    tick.tick(now=clock.database_now())
    while slot.run(Lane.MARKETING, seconds=20, should_stop=lambda: False):
        pass


def published(*steps: Step, goal: Event | None = None) -> Sequence:
    """A live sequence; its step of key n mails the course's letter n."""
    now = clock.database_now()
    stock.sequences(now)
    course = Sequence.objects.get(key=COURSE_KEY)
    letters = [step.email for step in drafts.as_published(course.published).emails]
    plan = Plan(steps=tuple(_with_letters(steps, letters)), goal=goal)
    made = Sequence.objects.create(key="journey", name="Journey", state=SequenceState.LIVE)
    made.published = versions.write_version(made, plan, by=None, now=now)
    made.save(update_fields=["published"])
    return made


def _with_letters(steps: tuple[Step, ...], letters: list[int | None]) -> list[Step]:
    return [
        replace(
            step,
            email=letters[step.key - 1] if step.kind == StepKind.EMAIL else None,
            yes=tuple(_with_letters(step.yes, letters)),
            no=tuple(_with_letters(step.no, letters)),
        )
        for step in steps
    ]


def mail(key: int, days: int = 0) -> Step:
    return Step(key, StepKind.EMAIL, wait=Wait(days=days))


def reader(of: Sequence, address: str = READER) -> Enrolment:
    lead = people.consent(people.lead(address)).lead
    entering.enter(of, [lead.pk], now=clock.database_now())
    return Enrolment.objects.get(lead=lead)


def delivery(way: Enrolment, key: int) -> Delivery:
    return Delivery.objects.get(kind=Kind.STEP, owner=way.pk, item=key)


def got(way: Enrolment, sink: SmtpSink) -> list[int]:
    """The keys of the mails that the relay took for this reader, in order."""
    keys = {CompiledEmail.objects.get(pk=pk).subject: key for pk, key in _revisions(way).items()}
    return [keys[str(one["Subject"])] for one in caught(way, sink)]


def caught(way: Enrolment, sink: SmtpSink) -> list[Any]:
    """The mails to this reader."""
    mails = [message_from_bytes(content, policy=policy.default) for content in sink.contents]
    return [one for one in mails if str(one["To"]) == way.lead.email]


def _revisions(way: Enrolment) -> dict[int, int]:
    steps = way.version.steps.filter(variant__isnull=False)
    return dict(steps.values_list("variant__current", "key"))


def click(way: Enrolment, key: int, sink: SmtpSink, *, url: str = "/book") -> Client:
    """Follow this link as it stands in the mail that the relay took; the browser that did."""
    planned = delivery(way, key)
    revision = CompiledEmail.objects.get(variant=planned.variant_id)
    number = next(n for n, link in enumerate(revision.links) if link["url"].endswith(url))
    mine = [one for one in caught(way, sink) if one["Subject"] == revision.subject]
    texts = [str(one.get_body(("plain",)).get_content()) for one in mine]
    [path] = {found for text in texts for found in re.findall(rf"(/c/[^/\s]+/{number})\b", text)}
    browser = Client(headers=BROWSER)
    assert browser.get(path).headers["Location"] == url
    return browser


def book(browser: Client, address: str = READER) -> None:
    """Send the form of the public booking page as a browser does that showed it a moment ago."""
    shown = Stamp(clock.database_now() - 10 * timedelta(seconds=1), page="/book", referrer="")
    answer = browser.post(
        "/book",
        {
            "first_name": "Robin",
            "email": address,
            "phone": "416 555 0123",
            "starts_at": diary.write(calls.free(clock.database_now())[-1]),
            "time_zone": "America/Toronto",
            "stamp": stamp.sign(shown, form="book"),
        },
        headers=BROWSER,
    )
    assert answer.status_code == 302


@contextmanager
def beside(act: Callable[[], object]) -> Iterator[threading.Thread]:
    """Somebody else who does this; over at the end."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    other = threading.Thread(target=run)
    yield other
    other.join(60)
    assert not other.is_alive()


def is_waiting_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_US)
        return bool(cursor.fetchone()[0])


def test_who_clicks_gets_the_follow_up_and_who_does_not_the_other_mail(sink: SmtpSink) -> None:
    looked = Step(8, StepKind.UNTIL, event=Event(EventKind.CLICKED), days=3, yes=(mail(3),), no=(mail(4),))
    journey = published(mail(2), looked)
    clicker, silent = reader(journey), reader(journey, "sam@reader.example")
    tick_and_mail()
    assert (got(clicker, sink), got(silent, sink)) == ([2], [2])
    pass_time(A_MOMENT)

    click(clicker, 2, sink)
    pass_time(A_MOMENT)
    tick_and_mail()
    assert (got(clicker, sink), got(silent, sink)) == ([2, 3], [2])
    pass_time(3 * A_DAY)
    tick_and_mail()

    assert (got(clicker, sink), got(silent, sink)) == ([2, 3], [2, 4])


def before_the_fifth(sink: SmtpSink) -> tuple[Enrolment, Client]:
    """Somebody who clicked in the fourth mail, and to whom the fifth is to go now."""
    way = reader(published(*(mail(key, days=int(key > 1)) for key in range(1, 7)), goal=Event(EventKind.BOOKED)))
    for _ in range(4):
        tick_and_mail()
        pass_time(A_DAY)
    assert got(way, sink) == [1, 2, 3, 4]
    return way, click(way, 4, sink)


def is_over(way: Enrolment, sink: SmtpSink) -> None:
    """Booked, before the fifth mail, thanks to the fourth."""
    tick_and_mail()
    way.refresh_from_db()
    assert (way.state, way.exit_reason, got(way, sink)) == ("exited", "booked", [1, 2, 3, 4])
    assert Goal.objects.get().credited_delivery_id == delivery(way, 4).pk
    assert Appointment.objects.get().lead_id == way.lead_id


def test_a_booking_while_the_tick_has_planned_the_next_mail_takes_it_back(sink: SmtpSink) -> None:
    way, browser = before_the_fifth(sink)

    with beside(lambda: book(browser)) as other:
        with transaction.atomic():
            services.advance(clock.database_now())
            other.start()
            wait_until(is_waiting_for_us)
        tick_and_mail()

    assert Outcome.objects.get(delivery_id=delivery(way, 5).pk).reason == "booked"
    is_over(way, sink)


def test_a_tick_in_the_middle_of_a_booking_plans_nothing(sink: SmtpSink) -> None:
    way, browser = before_the_fifth(sink)
    ticked = threading.Event()

    def meanwhile() -> None:
        tick_and_mail()
        ticked.set()

    with beside(meanwhile) as other:

        def pause(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            if 'INSERT INTO "booking_goal"' in sql:
                other.start()
                assert ticked.wait(60)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(pause):
            book(browser)

    assert not Delivery.objects.filter(kind=Kind.STEP, owner=way.pk, item=5).exists()
    is_over(way, sink)


def test_without_the_exit_the_next_mail_would_go(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the two above."""
    way, browser = before_the_fifth(sink)
    monkeypatch.setattr(services, "reached", lambda *_args, **_fields: 0)

    book(browser)
    tick_and_mail()

    assert got(way, sink) == [1, 2, 3, 4, 5]
