from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import AuditEvent
from booking import services as bookings
from booking.services import Wanted
from leads import signals
from leads.consent import queries, services, tokens
from leads.consent.services import Shown, UnknownLink
from leads.merging.services import merge
from leads.models import Consent, Lead, Note, Tagging
from leads.people import services as people_services
from leads.people.holding import Erased
from leads.people.models import LeadSource
from leads.people.services import Details
from leads.privacy.services import erase
from leads.tags import services as tags
from newsletter.sequences import one
from tests.factories import people
from tests.leads.conftest import NOW
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import email

pytestmark = pytest.mark.django_db

SECRETS = (
    "ada@mail.example",
    "Ada",
    "Lovelace",
    "14165550123",
    "old knee",
    "search.example",
    "203.0.113.0/24",
    "runner",
)


@pytest.fixture
def ada():
    """Somebody of whom we know everything that we can know."""
    lead = people.lead(
        "ada@mail.example",
        last_name="Lovelace",
        phone="+14165550123",
        time_zone="Europe/London",
        first_page="/sciatica",
        first_referrer="search.example/find",
        paused_until=NOW,
        declined_topics=["course"],
    )
    staff = people.staff()
    shown = Shown(people.wording(), "/sciatica", "search.example/find", "203.0.113.0/24")
    request = services.request(lead, evidence=shown, now=NOW)
    lead.token = tokens.mint(request.pk, now=NOW)
    people.consent(lead, note="said Ada", network="203.0.113.0/24", referrer="search.example/find")
    people.inquiry(lead, question="What about my old knee?")
    people.note(lead, staff, "Ada has an old knee.")
    tags.add(lead, name="runner", by=staff, now=NOW)
    return lead


def everything_in(*tables):
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")  # noqa: S608
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_nothing_that_was_said_or_typed_remains(ada):
    erase(ada, by=people.staff(), now=NOW)

    left = everything_in(
        "leads_lead",
        "leads_consent",
        "leads_consentrequest",
        "leads_consenttoken",
        "leads_inquiry",
        "leads_note",
        "leads_tagging",
        "accounts_auditevent",
    )
    assert [secret for secret in SECRETS if secret in left] == []


def test_the_row_stays_and_says_when_it_was_emptied(ada):
    erase(ada, by=None, now=NOW)

    lead = Lead.objects.get(pk=ada.pk)
    assert (lead.erased_at, lead.email, lead.address_key, lead.address_hash) == (NOW, "", None, None)
    assert (Note.objects.count(), Tagging.objects.count()) == (0, 0)
    assert {consent.withdrawn_how for consent in Consent.objects.all()} == {"erased"}
    assert queries.live_marketing_consent(lead, NOW) is None


def test_the_apps_above_learn_the_hash_once_and_who_erased_is_on_record(ada):
    announced = []

    def ear(sender, lead, address_hash, now, **_):
        announced.append((lead.pk, lead.email, bytes(address_hash), now))

    signals.lead_erased.connect(ear)
    digest, staff = bytes(ada.address_hash), people.staff()
    try:
        erase(ada, by=staff, now=NOW)
        erase(ada, by=staff, now=NOW + timedelta(days=1))
    finally:
        signals.lead_erased.disconnect(ear)

    assert announced == [(ada.pk, "", digest, NOW)]
    event = AuditEvent.objects.get()
    assert (event.act, event.subject, event.by) == ("lead.erased", f"lead:{ada.pk}", staff)


def test_a_confirmation_link_from_before_confirms_nothing(ada):
    erase(ada, by=None, now=NOW)

    with pytest.raises(UnknownLink):
        services.confirm(ada.token, now=NOW, network="")


def test_who_comes_back_is_somebody_new(ada):
    erase(ada, by=None, now=NOW)

    again = people_services.find_or_create(
        "ada@mail.example", source=LeadSource.SIGN_UP, now=NOW, details=Details(first_name="Ada")
    )

    assert again.pk != ada.pk
    assert Lead.objects.count() == 2


def test_why_staff_did_something_goes_under_whichever_address_it_was_said():
    by, course = people.staff(), ways.sequence(email(1))
    kept, gone, other = ways.begun(course), ways.begun(course), ways.begun(course)
    for way in (kept, gone, other):
        one.pause(way, by=by, reason="Her mother died", now=ways.NOW)
    merge(kept.lead, gone.lead, by=by, now=ways.NOW)

    erase(kept.lead, by=by, now=ways.NOW)

    held = AuditEvent.objects.filter(act="way.paused").order_by("pk").values_list("by", "subject", "detail")
    told = {"sequence": course.pk, "taken_back": 0}
    assert list(held) == [
        (by.pk, f"lead:{kept.lead_id}", {**told, "way": kept.pk}),
        (by.pk, f"lead:{gone.lead_id}", {**told, "way": gone.pk}),
        (by.pk, f"lead:{other.lead_id}", {**told, "way": other.pk, "reason": "Her mother died"}),
    ]


WRITTEN_DOWN = {
    "described": lambda lead, by: people_services.describe(lead, details=Details(last_name="King"), by=by),
    "noted": lambda lead, by: people_services.add_note(lead, text="Ada called.", by=by, now=NOW),
    "tagged": lambda lead, by: tags.add(lead, name="runner", by=by, now=NOW),
    "booked for": lambda lead, by: bookings.book_for(lead, wanted=Wanted(NOW, "+14165550123", "UTC"), by=by, now=NOW),
}


@pytest.mark.parametrize("how", WRITTEN_DOWN)
def test_nothing_is_written_down_about_who_was_erased_since_they_were_looked_up(ada, how):
    by, looked_up = people.staff(), Lead.objects.get(pk=ada.pk)
    erase(ada, by=by, now=NOW)
    before = everything_in("leads_lead", "leads_note", "leads_tag", "leads_tagging", "booking_appointment")

    with pytest.raises(Erased):
        WRITTEN_DOWN[how](looked_up, by)

    assert everything_in("leads_lead", "leads_note", "leads_tag", "leads_tagging", "booking_appointment") == before


def test_of_two_who_erase_them_one_does(ada):
    looked_up = Lead.objects.get(pk=ada.pk)
    erase(ada, by=None, now=NOW)

    erase(looked_up, by=people.staff(), now=NOW + timedelta(days=1))

    assert Lead.objects.get(pk=ada.pk).erased_at == NOW
    assert AuditEvent.objects.filter(act="lead.erased").count() == 1
