"""What the page foresees is what comes: a persona is tried in the browser, then lived by the engine, and compared.

The hours, a day off, the change of the clocks and the cap all have a part in it, and so has what the persona does.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from clinic.clock import database_now
from clinic.models import DayOff
from leads.models import Lead
from leads.tags import services as tags
from newsletter.content import presets
from newsletter.models import Batch, Chunk, Delivery, EmailTemplate, Enrolment, Sequence
from newsletter.sequences import entering, goals, services
from newsletter.sequences.plan.document import Event, EventKind, Hours, Plan, Step, StepKind
from newsletter.sequences.publishing import versions
from newsletter.sequences.schedule import Wait
from tests.browser import axe
from tests.factories import clinics, mail, people
from tests.newsletter.sequences.course import hand_over
from tests.newsletter.sequences.plans import email, split

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZONE = ZoneInfo("America/Toronto")
DAY = timedelta(days=1)
TICK = timedelta(minutes=15)
SUBJECTS = ("Welcome", "What it is", "What helps", "You read it", "A reminder", "About your knee", "For everybody")
WEEKDAYS = Hours(frozenset(range(5)), time(9), time(18))
WAITED = Step(4, StepKind.UNTIL, event=Event(EventKind.CLICKED, "3"), days=3, yes=(email(5, 1),), no=(email(6),))
EVENING = Step(8, StepKind.EMAIL, wait=Wait(days=2, hours=9), email=8)
STEPS = (email(1), email(2, 1), email(3, 1), WAITED, split(7, "knee", yes=(EVENING,), no=(email(9, 2),)))
MAILS = (1, 2, 3, 5, 6, 8, 9)


@pytest.fixture
def owner(live_server: Any) -> User:
    clinics.clinic(cap_mails=3, cap_days=7, time_zone=ZONE.key)
    return people.staff(name="Dana Reyes", email="dana@harbour.example")


@pytest.fixture
def studio(owner: User, live_server: Any, client: Any, chromium_page: Page) -> Page:
    """A window in which the owner is signed in."""
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    (cookie,) = [morsel for name, morsel in client.cookies.items() if "session" in name]
    chromium_page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return chromium_page


def begins() -> datetime:
    """The Thursday at ten before the Sunday on which the clocks change next, but for the next few days."""
    day = database_now().astimezone(ZONE).replace(hour=10, minute=0, second=0, microsecond=0) + 7 * DAY
    while (day + 2 * DAY).utcoffset() == (day + 3 * DAY).utcoffset():
        day += DAY
    return day


def course(owner: User) -> Sequence:
    """Letters that can be read, in a plan that is published."""
    made = Sequence.objects.create(key="knees", name="Knees")
    presets.install(database_now())
    letters = list(EmailTemplate.objects.filter(kind="step").order_by("pk")[: len(SUBJECTS)])
    for letter, subject in zip(letters, SUBJECTS, strict=True):
        letter.subject = subject
        letter.save()
    ids = dict(zip(MAILS, [letter.pk for letter in letters], strict=True))
    plan = Plan(steps=tuple(_with(step, ids) for step in STEPS), hours=WEEKDAYS)
    made.published = versions.write_version(made, plan, by=owner, now=database_now())
    made.save()
    return made


def _with(step: Step, ids: dict[int, int]) -> Step:
    """The same step with these letters."""
    branches = {name: tuple(_with(one, ids) for one in getattr(step, name)) for name in ("yes", "no")}
    return replace(step, email=ids[step.key] if step.email else None, **branches)


def shown(page: Page) -> list[tuple[str, datetime]]:
    """The mails of the calendar, and when each comes."""
    rows = page.locator(".future > .future-mail")
    return [
        (
            row.locator("strong").inner_text(),
            datetime.fromisoformat(row.locator("time").get_attribute("datetime") or ""),
        )
        for row in rows.all()
    ]


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(re.compile(f"^{re.escape(label)}( optional)?$"))


def try_it(page: Page, at: datetime) -> None:
    """Somebody made up, with a sore knee, who clicks in mail 3 and does not book."""
    field(page, "They begin").fill(f"{at:%Y-%m-%dT%H:%M}")
    page.locator("summary", has_text="Somebody made up").click()
    page.get_by_role("checkbox", name="knee").check()
    page.locator("summary", has_text="Something they do (1)").click()
    field(page, "What they do (1)").select_option("clicked")
    field(page, "After (1)").select_option("3")
    field(page, "How long after it (1)").select_option("120")
    page.get_by_role("button", name="Look").click()


def live(sequence: Sequence, at: datetime, until: datetime) -> list[tuple[str, datetime]]:
    """Somebody like that really begins, and time passes a quarter of an hour at a time."""
    lead = people.consent(people.lead(time_zone=ZONE.key), granted_at=at - DAY).lead
    tags.add(lead, name="knee", by=None, now=at - DAY)
    assert entering.enter(sequence, [lead.pk], now=at) == [lead.pk]
    way, click_at = Enrolment.objects.get(lead=lead), None
    now = at
    while now <= until:
        if click_at is not None and now >= click_at:
            goals.clicked(mail.click(_mail(way, 3).get(), at=now).pk, now)
            click_at = until + DAY
        while services.advance(now):
            hand_over(now)
        if click_at is None and _mail(way, 3).exists():
            click_at = now + timedelta(hours=2)
        now += TICK
    return list(came(lead))


def _mail(way: Enrolment, key: int) -> Any:
    return Delivery.objects.filter(kind=2, owner=way.pk, item=key)


def came(lead: Lead) -> Iterator[tuple[str, datetime]]:
    """What was planned for them, and when."""
    for one in Delivery.objects.filter(lead_id=lead.pk, kind=2).order_by("id"):
        batch = Chunk.objects.get(pk=one.chunk_id).batch_id
        subject = Sequence.objects.get().published.steps.get(key=one.item).variant.email.subject
        yield subject, Batch.objects.get(pk=batch).planned_at


def test_what_is_tried_in_the_browser_is_what_comes(studio: Page, live_server: Any, owner: User) -> None:
    sequence, at = course(owner), begins()
    DayOff.objects.create(on=(at + 4 * DAY).date(), label="Inventory")
    room_again = (at.astimezone(UTC) + 7 * DAY).astimezone(ZONE)  # an hour off the first mail's: the clocks changed
    studio.goto(f"{live_server.url}/studio/sequences/{sequence.pk}/try")

    try_it(studio, at)
    calendar = shown(studio)

    assert [(name, f"{when:%a %H:%M}") for name, when in calendar] == [
        ("Welcome", "Thu 10:00"),
        ("What it is", "Fri 10:00"),
        ("What helps", "Tue 09:00"),
        ("You read it", f"{room_again:%a %H:%M}"),
        ("About your knee", "Mon 09:00"),
    ]
    why = studio.locator(".future-why").all_inner_texts()
    said = " ".join(why)
    for words in (
        "on weekdays, 09:00 to 18:00",
        "No mail goes on",
        "Inventory",
        "The clocks change on",
        "no more than 3",
    ):
        assert words in said, (words, why)
    for number, (name, _when) in enumerate(calendar):
        row = studio.locator(".future > .future-mail").nth(number)
        row.locator("summary").click()
        expect(row.frame_locator("iframe").locator("body")).not_to_be_empty()
        expect(row.locator("iframe")).to_have_attribute("title", re.compile(re.escape(name)))
    assert axe.findings(studio, "what was tried") == []
    assert live(sequence, at, calendar[-1][1] + DAY) == calendar
