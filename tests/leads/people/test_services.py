from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from leads.models import Lead, Note
from leads.people import services
from leads.people.models import LeadSource, LeadStatus
from leads.people.services import Details
from tests.factories import people
from tests.leads.conftest import NOW

pytestmark = pytest.mark.django_db

ADA = Details(
    first_name="Ada",
    phone="+14165550123",
    time_zone="Europe/Paris",
    page="/sciatica",
    referrer="search.example",
)


def found(address, details=ADA, source=LeadSource.SIGN_UP):
    return services.find_or_create(address, source=source, now=NOW, details=details)


def test_a_new_address_becomes_a_lead_with_what_came_along():
    lead = found("Ada@Mail.Example")

    lead.refresh_from_db()
    assert (lead.email, lead.address_key) == ("Ada@mail.example", "ada@mail.example")
    assert (lead.first_name, lead.phone, lead.time_zone) == ("Ada", "+14165550123", "Europe/Paris")
    assert (lead.first_page, lead.first_referrer, lead.source) == ("/sciatica", "search.example", "sign_up")
    assert lead.created_at == NOW


@pytest.mark.parametrize("again", ["ada@mail.example", " ADA@MAIL.EXAMPLE ", "ada@Mail.example"])
def test_the_same_address_is_the_same_lead_however_it_is_written(again):
    assert found("ada@mail.example") == found(again)
    assert Lead.objects.count() == 1


def test_an_international_domain_is_the_same_in_both_its_forms():
    assert found("ada@bücher.example") == found("ada@xn--bcher-kva.example")


def test_blanks_are_filled_and_what_is_known_stays():
    found("ada@mail.example", Details(first_name="Ada"))

    lead = found("ada@mail.example", Details(first_name="Bob", last_name="King", phone="+14165550199"))

    lead.refresh_from_db()
    assert (lead.first_name, lead.last_name, lead.phone) == ("Ada", "King", "+14165550199")


def test_where_somebody_first_came_from_is_not_rewritten():
    found("ada@mail.example")

    lead = found("ada@mail.example", Details(page="/ask", referrer="elsewhere.example"), LeadSource.INQUIRY)

    lead.refresh_from_db()
    assert (lead.source, lead.first_page, lead.first_referrer) == ("sign_up", "/sciatica", "search.example")


def test_staff_may_correct_what_is_known():
    staff, lead = people.staff(), people.lead(last_name="Kig")

    services.describe(lead, details=Details(first_name="Ada", last_name="King"), by=staff)

    lead.refresh_from_db()
    assert (lead.first_name, lead.last_name, lead.phone) == ("Ada", "King", "")
    assert AuditEvent.objects.get().act == "lead.described"


def test_a_lead_becomes_a_patient_and_the_trail_says_by_whom():
    staff, lead = people.staff(), people.lead()

    services.set_status(lead, status=LeadStatus.PATIENT, by=staff, now=NOW)

    lead.refresh_from_db()
    event = AuditEvent.objects.get()
    assert lead.status == "patient"
    assert (event.act, event.subject, event.by, event.detail) == (
        "lead.status",
        f"lead:{lead.pk}",
        staff,
        {"status": "patient"},
    )


def test_staff_note_something_down():
    staff, lead = people.staff(), people.lead()

    services.add_note(lead, text="Prefers mornings.", by=staff, now=NOW)

    note = Note.objects.get()
    assert (note.lead, note.text, note.by, note.at) == (lead, "Prefers mornings.", staff, NOW)


def test_mail_is_paused_and_resumed():
    lead = people.lead()

    services.pause(lead, until=NOW + timedelta(days=30))
    lead.refresh_from_db()
    assert lead.paused_until == NOW + timedelta(days=30)

    services.resume(lead)
    lead.refresh_from_db()
    assert lead.paused_until is None


def test_declined_topics_are_remembered_once_each():
    lead = people.lead()

    services.decline(lead, topics=["newsletter", "course", "course"], now=NOW)

    lead.refresh_from_db()
    assert lead.declined_topics == ["course", "newsletter"]
