from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditEvent
from leads.consent.models import Method
from leads.consent.wording import Words
from leads.intake import queries, services
from leads.intake.models import InquiryOutcome
from leads.intake.services import Caller, Question, SignUp, WrittenBack
from leads.models import Consent, ConsentRequest, Inquiry, Lead, Note
from leads.people.services import Details
from tests.factories import people
from tests.leads.conftest import NOW

pytestmark = pytest.mark.django_db

WORDS = Words("marketing", "en", "Yes, email me.")
DETAILS = Details(first_name="Ada", phone="+14165550123", page="/sciatica", referrer="search.example/find")


def sign_up(address="ada@mail.example", now=NOW):
    services.sign_up(SignUp(address, WORDS, DETAILS, "203.0.113.0/24"), now=now)


def ask(address="ada@mail.example", now=NOW, words=None):
    return services.ask(Question(address, "Does it hurt?", DETAILS, "203.0.113.0/24", words), now=now)


def test_a_sign_up_becomes_a_lead_and_a_request_with_its_evidence(heard):
    sign_up()

    request = ConsentRequest.objects.get()
    assert request.lead == Lead.objects.get(address_key="ada@mail.example", source="sign_up")
    assert (request.wording.text, request.wording.version) == ("Yes, email me.", 1)
    assert (request.page, request.referrer, request.network) == (
        "/sciatica",
        "search.example/find",
        "203.0.113.0/24",
    )
    assert heard == ["consent_requested"]


def test_signing_up_gives_no_consent_yet():
    sign_up()

    assert Consent.objects.count() == 0


def test_signing_up_twice_asks_once():
    sign_up()
    sign_up("ADA@Mail.example", NOW + timedelta(hours=1))

    assert (Lead.objects.count(), ConsentRequest.objects.count()) == (1, 1)


def test_nobody_uses_up_the_answers_of_another():
    ada, bob = people.lead(), people.lead()
    for number in range(services.MOST_ANSWERS_TO_ONE_MAIL):
        assert services.written_back(ada, WrittenBack(7, bytes([number]) * 16, "More"), now=NOW)

    assert not services.written_back(ada, WrittenBack(7, b"a" * 16, "More"), now=NOW)
    assert services.written_back(bob, WrittenBack(7, b"b" * 16, "Hello"), now=NOW)


def test_a_question_goes_on_the_call_list_with_the_consent_that_asking_gives(heard):
    inquiry = ask()

    inquiry.refresh_from_db()
    assert (inquiry.question, inquiry.phone, inquiry.page, inquiry.received_at) == (
        "Does it hurt?",
        "+14165550123",
        "/sciatica",
        NOW,
    )
    consent = Consent.objects.get()
    assert (consent.purpose, consent.basis, consent.lead) == ("inquiry", "inquiry", inquiry.lead)
    assert consent.expires_at == datetime(2026, 11, 4, 14, 30, tzinfo=UTC)
    assert list(queries.call_list()) == [inquiry]
    assert heard == ["consent_granted", "inquiry_received"]


def test_a_question_alone_asks_for_no_marketing_consent():
    ask()

    assert ConsentRequest.objects.count() == 0


def test_a_ticked_box_asks_the_address_to_confirm(heard):
    ask(words=WORDS)

    assert ConsentRequest.objects.get().wording.text == "Yes, email me."
    assert heard == ["consent_granted", "consent_requested", "inquiry_received"]


def test_an_address_is_answered_once_a_day_and_three_times_a_month_yet_every_question_is_kept(heard):
    waits = (timedelta(), timedelta(hours=23), timedelta(days=2), timedelta(days=4), timedelta(days=6))

    for wait in waits:
        ask(now=NOW + wait)

    assert heard.count("inquiry_received") == 2
    assert queries.call_list().count() == 5


def test_after_a_hundred_questions_in_an_hour_none_is_answered_by_mail(heard):
    for n in range(101):
        ask(f"p{n}@mail.example", NOW + timedelta(seconds=n))

    assert heard.count("inquiry_received") == 100
    assert Inquiry.objects.count() == 101


def test_a_question_is_handled_by_whoever_is_first():
    inquiry, first, second = ask(), people.staff(), people.staff()

    answers = [
        services.handle(inquiry, outcome=outcome, by=staff, now=NOW)
        for outcome, staff in ((InquiryOutcome.ANSWERED, first), (InquiryOutcome.NO_ANSWER, second))
    ]

    inquiry.refresh_from_db()
    assert answers == [True, False]
    assert (inquiry.outcome, inquiry.handled_by, inquiry.handled_at) == ("answered", first, NOW)
    assert list(queries.call_list()) == []
    assert list(queries.handled()) == [inquiry]
    assert AuditEvent.objects.get().act == "inquiry.handled"


def test_a_handled_question_can_be_put_back():
    inquiry, staff = ask(), people.staff()
    assert services.reopen(inquiry, by=staff) is False
    services.handle(inquiry, outcome=InquiryOutcome.ANSWERED, by=staff, now=NOW)

    assert services.reopen(inquiry, by=staff) is True

    inquiry.refresh_from_db()
    assert (inquiry.outcome, inquiry.handled_by, inquiry.handled_at) == ("", None, None)


def test_who_has_waited_longest_is_called_first(django_assert_num_queries):
    late = people.inquiry(received_at=NOW)
    early = people.inquiry(received_at=NOW - timedelta(days=1))

    with django_assert_num_queries(1):
        assert [(row, row.lead.email) for row in queries.call_list()] == [
            (early, early.lead.email),
            (late, late.lead.email),
        ]


def caller(**changes):
    taken = {"taken_by": people.staff(), "taken_at": NOW - timedelta(hours=3), "method": Method.PHONE}
    return Caller("ada@mail.example", **{**taken, "details": DETAILS, **changes})


def test_a_caller_is_recorded_with_who_took_the_call_and_when(heard):
    desk, colleague = people.staff(), people.staff()

    lead = services.record_caller(caller(taken_by=colleague, note="Prefers mornings."), by=desk, now=NOW)

    consent = Consent.objects.get()
    assert (lead.source, lead.first_name, lead.phone) == ("phone", "Ada", "+14165550123")
    assert (consent.purpose, consent.basis, consent.method) == ("inquiry", "staff_recorded", "phone")
    assert (consent.by, consent.granted_at) == (colleague, NOW - timedelta(hours=3))
    assert consent.expires_at == datetime(2026, 11, 4, 11, 30, tzinfo=UTC)
    assert Note.objects.get().by == desk
    assert AuditEvent.objects.get().detail == {"wants_mail": False}


def test_a_caller_who_wants_the_emails_has_agreed_to_them():
    services.record_caller(caller(wants_mail=True, method=Method.IN_PERSON), by=people.staff(), now=NOW)

    marketing = Consent.objects.get(purpose="marketing")
    assert (marketing.basis, marketing.method, marketing.expires_at) == ("staff_recorded", "in_person", None)
    assert Lead.objects.get().source == "in_person"


def test_a_yes_that_is_older_than_the_no_does_not_sign_up_again():
    lead = people.lead("ada@mail.example")
    people.consent(lead, withdrawn_at=NOW - timedelta(hours=1), withdrawn_how="one click")

    services.record_caller(caller(wants_mail=True), by=people.staff(), now=NOW)

    assert not Consent.objects.filter(purpose="marketing", withdrawn_at=None).exists()


def test_a_yes_that_is_newer_than_the_no_counts():
    lead = people.lead("ada@mail.example")
    people.consent(lead, withdrawn_at=NOW - timedelta(hours=4), withdrawn_how="one click")

    services.record_caller(caller(wants_mail=True), by=people.staff(), now=NOW)

    assert Consent.objects.filter(purpose="marketing", withdrawn_at=None).exists()


def test_a_lead_has_its_own_questions_only():
    mine = people.inquiry(people.lead())
    people.inquiry(people.lead())

    assert list(queries.inquiries(mine.lead)) == [mine]
