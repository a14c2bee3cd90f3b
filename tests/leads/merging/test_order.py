"""Merging takes what it needs in the order in which everybody does: whoever is met on the way is waited for, once."""

import pytest

from leads.merging.services import merge
from leads.models import Lead
from newsletter.deliveries import lately
from newsletter.models import Enrolment
from newsletter.sequences import ending
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
