from datetime import timedelta

import pytest

from leads.consent import queries, services, tokens
from leads.consent.models import Basis, Method, Purpose
from leads.consent.services import ExpiredLink, Ground, Shown, UnknownLink
from leads.models import Consent, ConsentRequest, ConsentToken
from tests.factories import people
from tests.leads.conftest import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def asked(lead=None, now=NOW):
    evidence = Shown(people.wording(), page="/sciatica", referrer="search.example/find", network="203.0.113.0/24")
    return services.request(lead or people.lead(), evidence=evidence, now=now)


def test_a_request_keeps_what_was_shown_and_where_and_is_announced(heard):
    request = asked()

    request.refresh_from_db()
    assert request.wording == people.wording()
    assert (request.page, request.referrer, request.network) == (
        "/sciatica",
        "search.example/find",
        "203.0.113.0/24",
    )
    assert (request.requested_at, request.expires_at, request.confirmed_at) == (NOW, NOW + 7 * DAY, None)
    assert heard == ["consent_requested"]


def test_an_address_is_asked_once_a_day():
    lead = people.lead()

    answers = [asked(lead, NOW + wait) for wait in (timedelta(), DAY - timedelta(seconds=1), DAY)]

    assert [bool(answer) for answer in answers] == [True, False, True]


def test_an_address_is_asked_three_times_in_thirty_days():
    lead = people.lead()

    answers = [asked(lead, NOW + n * DAY) for n in (0, 2, 4, 6, 29, 30)]

    assert [bool(answer) for answer in answers] == [True, True, True, False, False, True]


def test_after_a_hundred_requests_in_an_hour_no_more_are_mailed(heard):
    for _ in range(100):
        people_row = people.lead()
        ConsentRequest.objects.create(
            lead=people_row, purpose="marketing", requested_at=NOW - timedelta(minutes=59), expires_at=NOW + DAY
        )

    assert queries.is_breaker_open(NOW)
    assert asked() is None
    assert heard == []
    assert asked(now=NOW + timedelta(minutes=2)) is not None


def test_who_agreed_is_not_asked_again(heard):
    lead = people.lead()
    people.consent(lead)

    assert asked(lead) is None
    assert heard == []


def test_who_agreed_for_a_while_may_be_asked_to_agree_for_good():
    lead = people.lead()
    people.consent(lead, expires_at=NOW + DAY)

    assert asked(lead) is not None


def test_a_token_is_stored_hashed_and_finds_its_request():
    request = asked()

    token = tokens.mint(request.pk, now=NOW)

    assert len(token) == 22
    assert tokens.find(token) == request
    assert token.encode() not in bytes(ConsentToken.objects.get().token_hash)


@pytest.mark.parametrize("token", ["", "x" * 22, "\x00", "\ud800", "ü" * 3000])
def test_a_strange_token_finds_nothing(token):
    asked()

    assert tokens.find(token) is None


def test_confirming_is_express_consent_to_the_words_that_were_shown(heard):
    request = asked()

    consent = services.confirm(tokens.mint(request.pk, now=NOW), now=NOW + DAY, network="198.51.100.0/24")

    consent.refresh_from_db()
    assert (consent.lead, consent.request, consent.wording) == (request.lead, request, request.wording)
    assert (consent.purpose, consent.basis, consent.method) == ("marketing", "express", "web_form")
    assert (consent.page, consent.referrer, consent.network) == (
        "/sciatica",
        "search.example/find",
        "198.51.100.0/24",
    )
    assert (consent.granted_at, consent.expires_at, consent.withdrawn_at) == (NOW + DAY, None, None)
    assert queries.live_marketing_consent(request.lead, NOW + DAY) == consent
    assert heard == ["consent_requested", "consent_granted"]


def test_confirming_again_gives_back_the_same_consent(heard):
    token = tokens.mint(asked().pk, now=NOW)

    first = services.confirm(token, now=NOW, network="")
    again = services.confirm(token, now=NOW + 30 * DAY, network="")

    assert first == again
    assert heard.count("consent_granted") == 1


def test_both_links_of_a_request_confirm_it_once():
    request = asked()
    links = [tokens.mint(request.pk, now=NOW) for _ in range(2)]

    assert services.confirm(links[0], now=NOW, network="") == services.confirm(links[1], now=NOW, network="")
    assert Consent.objects.count() == 1


def test_a_link_is_good_to_the_last_second_of_its_week_and_no_longer():
    early, late = asked(), asked()

    services.confirm(tokens.mint(early.pk, now=NOW), now=NOW + 7 * DAY - timedelta(seconds=1), network="")
    with pytest.raises(ExpiredLink):
        services.confirm(tokens.mint(late.pk, now=NOW), now=NOW + 7 * DAY, network="")

    assert [consent.request for consent in Consent.objects.all()] == [early]


def test_an_unknown_link_confirms_nothing():
    with pytest.raises(UnknownLink):
        services.confirm("x" * 22, now=NOW, network="")


def test_an_old_link_does_not_bring_back_who_has_left():
    request = asked()
    token = tokens.mint(request.pk, now=NOW)
    services.confirm(token, now=NOW, network="")
    services.withdraw(request.lead, how="unsubscribe page", now=NOW + DAY)

    consent = services.confirm(token, now=NOW + 2 * DAY, network="")

    assert consent.withdrawn_at == NOW + DAY
    assert queries.live_marketing_consent(request.lead, NOW + 2 * DAY) is None


def test_withdrawing_ends_every_marketing_consent_and_no_other(heard):
    lead = people.lead()
    people.consent(lead)
    people.consent(lead, basis="staff_recorded", method="phone")
    answering = people.consent(lead, purpose="inquiry", basis="inquiry")

    assert services.withdraw(lead, how="one click", now=NOW, delivery_id=None) is True

    assert queries.live_marketing_consent(lead, NOW) is None
    assert [consent.withdrawn_how for consent in queries.consents(lead).filter(purpose="marketing")] == [
        "one click"
    ] * 2
    answering.refresh_from_db()
    assert answering.withdrawn_at is None
    assert heard == ["consent_withdrawn"]


def test_withdrawing_twice_keeps_the_first_withdrawal():
    lead = people.lead()
    people.consent(lead)
    services.withdraw(lead, how="one click", now=NOW)

    assert services.withdraw(lead, how="unsubscribe page", now=NOW + DAY) is False

    consent = Consent.objects.get()
    assert (consent.withdrawn_at, consent.withdrawn_how) == (NOW, "one click")


def test_a_withdrawal_is_undone_by_new_evidence_within_ten_minutes():
    lead = people.lead()
    given = people.consent(lead)
    services.withdraw(lead, how="unsubscribe page", now=NOW)
    soon = NOW + timedelta(minutes=9, seconds=59)
    assert services.is_undoable(lead, soon)

    again = services.undo_withdrawal(lead, now=soon, network="203.0.113.0/24")

    given.refresh_from_db()
    assert given.withdrawn_at == NOW
    assert (again.basis, again.wording, again.note) == ("express", given.wording, "undid the withdrawal")
    assert queries.live_marketing_consent(lead, soon) == again
    assert services.undo_withdrawal(lead, now=soon) == again


def test_after_ten_minutes_leaving_is_for_good():
    lead = people.lead()
    people.consent(lead)
    services.withdraw(lead, how="unsubscribe page", now=NOW)
    late = NOW + timedelta(minutes=10)

    assert not services.is_undoable(lead, late)
    assert services.undo_withdrawal(lead, now=late) is None
    assert queries.live_marketing_consent(lead, late) is None


def test_nobody_is_signed_up_by_undoing_what_they_never_gave():
    lead = people.lead()
    services.withdraw(lead, how="one click", now=NOW)

    assert services.undo_withdrawal(lead, now=NOW) is None
    assert Consent.objects.count() == 0


def test_a_consent_with_an_end_holds_until_then():
    lead = people.lead()
    people.consent(lead, expires_at=NOW + DAY)

    assert queries.live_marketing_consent(lead, NOW + DAY - timedelta(seconds=1)) is not None
    assert queries.live_marketing_consent(lead, NOW + DAY) is None


def test_the_consent_that_lasts_longest_is_the_one_that_counts():
    lead = people.lead()
    people.consent(lead, expires_at=NOW + DAY)
    lasting = people.consent(lead)
    people.consent(lead, expires_at=NOW + 9 * DAY)

    assert queries.live_marketing_consent(lead, NOW) == lasting


def test_granting_records_who_took_it_and_announces_it(heard):
    staff, lead = people.staff(), people.lead()
    ground = Ground(Purpose.MARKETING, Basis.STAFF_RECORDED, Method.PHONE, by=staff, granted_at=NOW - DAY)

    consent = services.grant(lead, ground=ground, now=NOW)

    assert (consent.by, consent.method, consent.granted_at) == (staff, "phone", NOW - DAY)
    assert heard == ["consent_granted"]


def test_sign_ups_of_a_time_can_be_counted():
    for wait in (timedelta(), timedelta(hours=1), DAY):
        asked(now=NOW + wait)

    assert queries.requests_between(NOW, NOW + DAY).count() == 2
