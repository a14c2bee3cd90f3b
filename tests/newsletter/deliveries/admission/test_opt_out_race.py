"""The gate waits for an opt-out that is being committed, and then must see it."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from clinic.clock import database_now
from leads.models import Consent, Lead
from leads.people import addresses
from leads.people.addresses import BUCKETS, LOCK_CLASS
from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Lane
from newsletter.deliveries.record import Record
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db(transaction=True)


def while_opting_out(person: Lead, look: Callable[[], bool]) -> bool:
    """Run `look` beside an opt-out that commits only once `look` waits for it; returns what it saw."""
    seen: list[bool] = []

    def other_side() -> None:
        try:
            seen.append(look())
        finally:
            connection.close()

    looker = threading.Thread(target=other_side)
    with transaction.atomic():
        addresses.lock([bytes(person.address_hash)])
        Consent.objects.filter(lead=person).update(withdrawn_at=database_now(), withdrawn_how="unsubscribe page")
        looker.start()
        wait_until_somebody_waits()
    looker.join(timeout=60)
    return seen[0]


def wait_until_somebody_waits() -> None:
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
    pytest.fail("Nobody waited for the address lock.")


def test_an_opt_out_committed_while_the_gate_waits_is_seen():
    world.open_clinic()
    person = world.lead("ann")
    world.plan([person])

    def look() -> bool:
        lease = claim.next_lease(Lane.MARKETING, owner="me", window=10)
        assert lease is not None
        admitted = gate.admit(lease, Record(), window=10)
        return bool(admitted and admitted.rows)

    assert while_opting_out(person, look) is False


def test_a_gate_in_one_statement_would_let_it_through():
    """The naive control: lock and read in one statement sees the consent of before it waited."""
    person = world.lead("ann")

    def look() -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT pg_advisory_xact_lock_shared({LOCK_CLASS},
                           (get_byte(l.address_hash, 0) * 256 + get_byte(l.address_hash, 1)) %% {BUCKETS}),
                       EXISTS (SELECT 1 FROM leads_consent k
                               WHERE k.lead_id = l.id AND k.withdrawn_at IS NULL)
                FROM leads_lead l WHERE l.id = %s
                """,  # noqa: S608
                [person.pk],
            )
            return cursor.fetchone()[1]

    assert while_opting_out(person, look) is True


def test_an_opt_out_waits_no_longer_than_the_gate_takes():
    """The other way round: the mark was first, so this one may leave; the opt-out comes right after."""
    world.open_clinic()
    person = world.lead("ann")
    world.plan([person])
    lease = claim.next_lease(Lane.MARKETING, owner="me", window=10)
    assert lease is not None
    admitted = gate.admit(lease, Record(), window=10)

    with transaction.atomic():
        addresses.lock([bytes(person.address_hash)])

    assert admitted is not None
    assert len(admitted.rows) == 1
