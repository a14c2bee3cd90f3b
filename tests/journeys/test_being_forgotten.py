"""Somebody of whom every room knows something asks to be erased: nothing that names them is left in any table."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from clinic.clock import database_now
from leads.consent import services as consent
from leads.models import Lead
from leads.people import services as people
from leads.people.services import Details
from leads.privacy import services as privacy
from leads.tags import services as tags
from newsletter.deliveries.models import State
from newsletter.models import Click, Fact, Later, Outcome, Suppression, Uncertain
from newsletter.tracking import services as tracking
from newsletter.tracking.services import Seen
from newsletter.webhooks import services as webhooks
from newsletter.webhooks.meaning import Meaning
from newsletter.webhooks.services import Heard
from studio.services import people as acts
from tests.factories import bookings, mail
from tests.factories import people as factories

pytestmark = pytest.mark.django_db

REPLY = "5.1.1 <zuleika@mail.example>: no such user zuleika here"
NAMES = re.compile("zuleika|dobson|4165550147|mornings|rackham|judas|203\\.0\\.113", re.IGNORECASE)


@pytest.fixture
def staff() -> User:
    return factories.staff(Role.OWNER)


@pytest.fixture
def zuleika(staff: User) -> Lead:
    """Known in every room, by name, address, phone, and by what relays and providers said about her mails."""
    now = database_now()
    lead = factories.lead(
        "zuleika@mail.example", first_name="Zuleika", last_name="Dobson", phone="+14165550147", first_referrer="judas"
    )
    factories.consent(lead, note="Zuleika said so", network="203.0.113.0/24", referrer="judas")
    factories.inquiry(lead, question="I am Zuleika Dobson. Does it hurt?", phone="+14165550147")
    factories.note(lead, staff, "Zuleika prefers mornings.")
    tags.add(lead, name="Rackham", by=staff, now=now)
    acts.untag(lead, name="Rackham", by=staff)
    tags.add(lead, name="Rackham", by=staff, now=now)
    people.describe(lead, details=Details(first_name="Zuleika", last_name="Dobson", phone="+14165550147"), by=staff)
    bookings.appointment(lead, phone="+14165550147")
    _mailed(lead)
    return lead


def _mailed(lead: Lead) -> None:
    failed = mail.delivery(lead, state=State.FAILED)
    Outcome.objects.filter(pk=failed.pk).update(reason=REPLY)
    taken = mail.delivery(lead, state=State.SUBMITTED)
    Outcome.objects.filter(pk=taken.pk).update(provider_id="2.1.5 zuleika ok")
    mail.fact(taken, "blocked", label=REPLY)
    mail.fact(taken, "booked", label="free_call")
    refused = mail.delivery(lead, state=State.REFUSED)
    Outcome.objects.filter(pk=refused.pk).update(reason="paused")
    mail.uncertain(lead, kind=2)
    Uncertain.objects.update(why=REPLY)
    mail.notice(lead, text="Ask Zuleika how the walk was.")
    waiting = mail.delivery(lead)
    Later.objects.create(delivery_id=waiting.pk, lane="marketing", due_at=database_now(), reason=REPLY)


def rows_that_name_her() -> list[str]:
    """From every table of the database."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")  # noqa: S608
            found += [f"{table}: {row}" for (row,) in cursor.fetchall() if NAMES.search(row)]
    return found


def test_nothing_in_any_table_names_who_was_erased(zuleika: Lead, staff: User):
    before = {row.partition(":")[0] for row in rows_that_name_her()}

    privacy.erase(zuleika, by=staff, now=database_now())

    assert {f"newsletter_{table}" for table in ("outcome", "later", "uncertain", "fact", "notice")} <= before
    assert rows_that_name_her() == []


def test_how_each_mail_ended_stays_countable(zuleika: Lead, staff: User):
    states = sorted(Outcome.objects.values_list("state", flat=True))
    facts = sorted(Fact.objects.values_list("kind", flat=True))

    privacy.erase(zuleika, by=staff, now=database_now())

    left = dict(Outcome.objects.values_list("state", "reason"))
    assert [state for state in states if state not in left] == []
    assert (left[State.FAILED], left[State.REFUSED]) == ("erased", "paused")
    assert sorted(Fact.objects.values_list("kind", flat=True)) == facts
    assert Fact.objects.get(kind="booked").label == "free_call"


def test_another_persons_mails_keep_what_was_said_of_them(zuleika: Lead, staff: User):
    other = mail.delivery(factories.lead(), state=State.FAILED)
    Outcome.objects.filter(pk=other.pk).update(reason="5.2.2 the mailbox is full")

    privacy.erase(zuleika, by=staff, now=database_now())

    assert Outcome.objects.get(pk=other.pk).reason == "5.2.2 the mailbox is full"


def test_what_is_heard_afterwards_names_nobody_either(zuleika: Lead, staff: User):
    letter = mail.delivery(zuleika, state=State.SUBMITTED)
    privacy.erase(zuleika, by=staff, now=database_now())
    now = database_now()

    webhooks.hear(Heard(letter.pk, Meaning.BOUNCED, now, label=REPLY, recipient="zuleika@mail.example"), now=now)
    clicked = tracking.click(letter.pk, 0, seen=Seen("GET", "Mozilla/5.0"), now=now)

    assert Fact.objects.get(delivery_id=letter.pk).label == ""
    assert clicked is not None
    assert (clicked.url, clicked.click_id) == ("/book", None)
    assert Click.objects.count() == 0


def test_an_old_link_leads_on_and_brings_back_nothing(zuleika: Lead, staff: User, client: Client):
    address_hash = bytes(zuleika.address_hash or b"")
    privacy.erase(zuleika, by=staff, now=database_now())

    assert consent.withdraw(Lead.objects.get(pk=zuleika.pk), how="one click", now=database_now()) is False
    assert [bytes(row.address_hash) for row in Suppression.objects.all()] == [address_hash]
    assert client.get(reverse("website:article")).status_code == 200
