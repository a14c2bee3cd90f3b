"""Two at once, on a real database: one lead, one question to its owner, and the opt-out goes first."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from leads.consent import queries, services, tokens
from leads.consent.services import Shown
from leads.consent.wording import Words
from leads.intake import services as intake
from leads.intake.services import Question, SignUp
from leads.models import Consent, ConsentRequest, Inquiry, Lead
from leads.people import addresses
from tests.factories import people
from tests.leads.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = Words("marketing", "en", "Yes, email me.")


def at_once(*acts):
    """Let every act begin at the same moment, each on a connection of its own; return what each raised."""
    together = threading.Barrier(len(acts))
    raised = []

    def run(act):
        try:
            together.wait(timeout=60)
            act()
        except Exception as error:  # noqa: BLE001
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


@pytest.mark.parametrize("attempt", range(3))
def test_signing_up_and_asking_at_once_is_one_lead_asked_once(attempt):
    def sign_up():
        intake.sign_up(SignUp("ada@mail.example", WORDS), now=NOW)

    def ask():
        intake.ask(Question("ADA@mail.example", "Does it hurt?", words=WORDS), now=NOW)

    assert at_once(sign_up, ask, sign_up, ask) == []
    assert (Lead.objects.count(), ConsentRequest.objects.count(), Inquiry.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize("attempt", range(3))
def test_confirming_twice_at_once_is_one_consent(attempt):
    request = services.request(people.lead(), evidence=Shown(), now=NOW)
    token = tokens.mint(request.pk, now=NOW)

    def confirm():
        services.confirm(token, now=NOW, network="")

    assert at_once(confirm, confirm) == []
    assert Consent.objects.count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_leaving_and_undoing_at_once_end_in_a_state_that_the_evidence_explains(attempt):
    lead = people.lead()
    people.consent(lead)
    services.withdraw(lead, how="unsubscribe page", now=NOW)

    raised = at_once(
        lambda: services.undo_withdrawal(lead, now=NOW + timedelta(minutes=1)),
        lambda: services.undo_withdrawal(lead, now=NOW + timedelta(minutes=1)),
    )

    assert raised == []
    assert Consent.objects.filter(withdrawn_at=None).count() == 1


def test_leaving_waits_for_the_gate_and_comes_before_whoever_locks_next():
    lead = people.lead()
    people.consent(lead)
    at_the_gate = threading.Event()
    seen = []

    def leave():
        try:
            at_the_gate.wait(timeout=60)
            services.withdraw(lead, how="one click", now=NOW)
        finally:
            connection.close()

    leaving = threading.Thread(target=leave)
    leaving.start()
    with transaction.atomic():
        addresses.lock_shared([lead.address_hash])
        at_the_gate.set()
        wait_until_somebody_waits()
        seen.append(queries.live_marketing_consent(lead, NOW) is not None)
    leaving.join(timeout=60)
    with transaction.atomic():
        addresses.lock_shared([lead.address_hash])
        seen.append(queries.live_marketing_consent(lead, NOW) is not None)

    assert seen == [True, False]


def wait_until_somebody_waits():
    for _ in range(2000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone() == (1,):
                return
    pytest.fail("the opt-out did not wait for the gate")
