"""Merging takes what it needs in the order in which everybody does: whoever is met on the way is waited for, once."""

import pytest

from leads.consent import services as consent
from leads.merging.services import merge
from leads.models import Lead
from newsletter.deliveries import lately
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind, Outcome
from newsletter.models import Delivery, Enrolment
from newsletter.sequences import ending, services
from tests.factories import people
from tests.leads.merging.test_races import Beside
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import NOW, begun, reader, sequence

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_tick_that_is_about_to_count_what_a_patient_got_is_waited_for_before_anything_is_taken():
    by, kept = people.staff(), reader()
    way = begun(sequence(email(1)))
    Lead.objects.filter(pk=way.lead_id).update(status="patient")

    other = Beside(lambda: merge(kept, way.lead, by=by, now=NOW))
    with other.us():
        ending.hold([way.pk])
        other.begin()
        lately.lock()

    kept.refresh_from_db()
    assert (kept.status, Enrolment.objects.get().exit_reason) == ("patient", "merged")


def test_whoever_holds_a_way_of_the_one_who_goes_is_waited_for_before_a_mail_of_the_kept_one_is_taken_back():
    """Mails of both lie in one chunk: ways come first, then chunks, also where an opt-out counts for both."""
    by, course = people.staff(), sequence(email(1), email(2, 2))
    gone, kept = begun(course), begun(course)
    services.advance(NOW)
    [chunk] = {mail.chunk_id for mail in Delivery.objects.all()}
    consent.withdraw(gone.lead, how="one click", now=NOW)

    other = Beside(lambda: merge(kept.lead, gone.lead, by=by, now=NOW))
    with other.us():
        ending.hold([gone.pk])
        other.begin()
        deliveries.cancel(kind=Kind.STEP, owner=gone.pk, reason="its step is gone", now=NOW)

    assert Lead.objects.filter(merged_into=kept.lead).exists()
    ended = Outcome.objects.filter(delivery_id__gte=chunk * 1000).values_list("state", "reason")
    assert sorted(ended) == [(5, "unsubscribed"), (5, "unsubscribed")]
