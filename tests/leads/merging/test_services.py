"""Two leads who are one: what the kept one gets, what they never get, and what is left of the other."""

from datetime import date, timedelta

import pytest

from accounts.models import AuditEvent
from leads.consent import queries as consents
from leads.consent import services as consent
from leads.consent import tokens
from leads.consent.services import Shown, UnknownLink
from leads.consent.wording import Words
from leads.intake import services as intake
from leads.intake.services import Question, SignUp
from leads.merging.services import Overtaken, merge
from leads.models import Consent, Inquiry, Lead, Note, Tagging
from leads.people import services as people_services
from leads.people.services import Details
from leads.privacy.services import erase
from leads.tags import services as tags
from newsletter.models import Suppression
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from tests.factories import people
from tests.leads.conftest import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BY_HAND = ("Ada", "Lovelace", "+14165550123", "Europe/London", date(1970, 12, 10))


@pytest.fixture
def by():
    return people.staff()


def agreed(lead: Lead, *, ago: timedelta = DAY, **fields) -> Consent:
    return people.consent(lead, granted_at=NOW - ago, **fields)


def may_be_mailed(lead: Lead) -> bool:
    stopped = Suppression.objects.filter(address_hash=people.hash_of(lead), lifted_at=None).exists()
    return consents.live_marketing_consent(lead, NOW) is not None and not stopped


def stop(lead: Lead, reason: SuppressionReason, scope: Scope = Scope.ALL) -> None:
    suppression.suppress(people.hash_of(lead), cause=Cause(scope, reason), now=NOW)


def test_what_was_known_and_said_is_the_kept_ones(by):
    kept = people.lead("ada@home.example", first_name="Ada", last_name="")
    gone = people.lead(
        "ada@work.example",
        first_name="A.",
        last_name="Lovelace",
        phone="+14165550123",
        time_zone="Europe/London",
        birthday=date(1970, 12, 10),
    )
    people.note(gone, by, "Prefers mornings.")
    people.inquiry(gone, question="Does it hurt?")
    for lead, name in ((kept, "knee"), (gone, "knee"), (gone, "warm")):
        tags.add(lead, name=name, by=by, now=NOW)

    merge(kept, gone, by=by, now=NOW)

    kept.refresh_from_db()
    assert kept.email == "ada@home.example"
    assert (kept.first_name, kept.last_name, kept.phone, kept.time_zone, kept.birthday) == BY_HAND
    assert [note.text for note in kept.notes.all()] == ["Prefers mornings."]
    assert [asked.question for asked in kept.inquiries.all()] == ["Does it hurt?"]
    assert sorted(kept.taggings.values_list("tag__name", flat=True)) == ["knee", "warm"]
    assert not Tagging.objects.filter(lead=gone).exists()
    told = AuditEvent.objects.get(act="lead.merged")
    assert (told.subject, told.by, told.detail) == (f"lead:{kept.pk}", by, {"gone": gone.pk})


def test_of_the_other_an_empty_pointer_is_left_and_their_address_is_free(by):
    kept, gone = people.lead(), people.lead("ada@work.example", last_name="Lovelace", birthday=date(1970, 12, 10))

    merge(kept, gone, by=by, now=NOW)

    gone.refresh_from_db()
    assert (gone.merged_into, gone.erased_at) == (kept, NOW)
    assert (gone.email, gone.first_name, gone.last_name, gone.birthday, gone.address_key) == ("", "", "", None, None)
    intake.sign_up(SignUp("ada@work.example", Words("marketing", "en", "Yes.")), now=NOW)
    assert Lead.objects.get(email="ada@work.example").pk not in {kept.pk, gone.pk}


def test_how_they_came_is_told_by_who_came_first(by):
    kept = people.lead(source="phone", created_at=NOW)
    gone = people.lead(source="sign_up", first_page="/sciatica", created_at=NOW - DAY)

    merge(kept, gone, by=by, now=NOW)

    kept.refresh_from_db()
    assert (kept.source, kept.first_page, kept.created_at) == ("sign_up", "/sciatica", NOW - DAY)


def test_a_consent_stays_with_the_address_that_gave_it_and_mails_no_other(by):
    kept, gone = people.lead(), people.lead()
    given = agreed(gone, page="/sciatica", network="203.0.113.0/24")
    before = Consent.objects.filter(pk=given.pk).values().get()

    merge(kept, gone, by=by, now=NOW)

    assert Consent.objects.filter(pk=given.pk).values().get() == before
    assert not may_be_mailed(kept)
    assert [known.pk for known in consents.consents(kept)] == [given.pk]


@pytest.mark.parametrize(("kept_agreed", "may"), [(timedelta(hours=1), True), (3 * DAY, False)])
def test_an_opt_out_of_the_other_counts_unless_the_kept_one_agreed_later(by, kept_agreed, may):
    kept, gone = people.lead(), people.lead()
    agreed(kept, ago=kept_agreed)
    agreed(gone, ago=5 * DAY)
    consent.withdraw(gone, how="one click", now=NOW - DAY)

    merge(kept, gone, by=by, now=NOW)

    assert may_be_mailed(kept) is may
    ended = Consent.objects.filter(lead=kept, withdrawn_how="merged", withdrawn_at=NOW)
    assert ended.exists() is not may


def test_an_opt_out_that_the_other_took_back_themselves_is_none(by):
    kept, gone = people.lead(), people.lead()
    agreed(kept, ago=5 * DAY)
    agreed(gone, ago=4 * DAY)
    consent.withdraw(gone, how="one click", now=NOW - 2 * DAY)
    agreed(gone)
    suppression.lift_marketing(people.hash_of(gone), why="agreed", now=NOW)

    merge(kept, gone, by=by, now=NOW)

    assert may_be_mailed(kept)


def test_who_left_without_ever_having_agreed_left_for_both(by):
    kept, gone = people.lead(), people.lead()
    agreed(kept)
    consent.withdraw(gone, how="one click", now=NOW)

    merge(kept, gone, by=by, now=NOW)

    assert not may_be_mailed(kept)


def test_a_complaint_counts_for_both_whatever_was_agreed_later(by):
    kept, gone = people.lead(), people.lead()
    stop(gone, SuppressionReason.COMPLAINT)
    agreed(kept, ago=-timedelta(minutes=1))

    merge(kept, gone, by=by, now=NOW + DAY)

    stopped = Suppression.objects.filter(address_hash=people.hash_of(kept)).values_list("scope", "reason")
    assert list(stopped) == [("all", "complaint")]


def test_that_one_address_does_not_exist_says_nothing_about_the_other(by):
    kept, gone = people.lead(), people.lead()
    agreed(kept)
    stop(gone, SuppressionReason.HARD_BOUNCE)

    merge(kept, gone, by=by, now=NOW)

    assert may_be_mailed(kept)


def test_of_wishes_what_lets_less_through_holds(by):
    kept = people.lead(declined_topics=["news"], paused_until=NOW + DAY)
    gone = people.lead(declined_topics=["course"], paused_until=NOW + 3 * DAY, status="patient")

    merge(kept, gone, by=by, now=NOW)

    kept.refresh_from_db()
    assert (kept.declined_topics, kept.paused_until) == (["course", "news"], NOW + 3 * DAY)
    assert kept.status == "patient"


def test_what_the_other_address_was_asked_to_confirm_cannot_be_confirmed_any_more(by):
    kept, gone = people.lead(), people.lead()
    asked = consent.request(gone, evidence=Shown(), now=NOW)
    token = tokens.mint(asked.pk, now=NOW)

    merge(kept, gone, by=by, now=NOW)

    with pytest.raises(UnknownLink):
        consent.confirm(token, now=NOW, network="")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("how", ["itself", "erased", "merged", "merged the other way round"])
def test_who_is_not_two_people_any_more_is_left_alone(by, how):
    kept, gone = people.lead(), people.lead()
    if how == "itself":
        gone = kept
    elif how == "erased":
        erase(gone, by=by, now=NOW)
    elif how == "merged":
        merge(kept, gone, by=by, now=NOW)
    else:
        merge(gone, kept, by=by, now=NOW)
    before = list(Lead.objects.order_by("pk").values())

    with pytest.raises(Overtaken):
        merge(kept, gone, by=by, now=NOW)

    assert list(Lead.objects.order_by("pk").values()) == before


def test_who_was_merged_with_somebody_goes_along_when_they_are_merged_on(by):
    first, second, third = people.lead(), people.lead(), people.lead()
    given = agreed(first)
    merge(second, first, by=by, now=NOW)

    merge(third, second, by=by, now=NOW)

    assert set(Lead.objects.filter(merged_into=third)) == {first, second}
    assert [known.pk for known in consents.consents(third)] == [given.pk]


def test_erasing_the_kept_one_erases_what_came_from_the_other(by):
    kept, gone = people.lead("ada@home.example"), people.lead("ada@work.example", last_name="Lovelace")
    agreed(gone, page="/sciatica", note="said Ada", network="203.0.113.0/24", referrer="search.example")
    people.note(gone, by, "Ada has an old knee.")
    people.inquiry(gone, question="What about my old knee?")
    address_hash = people.hash_of(gone)
    merge(kept, gone, by=by, now=NOW)

    erase(kept, by=by, now=NOW + DAY)

    left = Consent.objects.values_list("page", "note", "network", "referrer", "withdrawn_how").get()
    assert left == ("", "", "", "", "erased")
    assert not Note.objects.exists()
    assert list(Inquiry.objects.values_list("question", "phone")) == [("", "")]
    assert Lead.objects.exclude(last_name="", email="", former_hash=None).count() == 0
    stopped = Suppression.objects.filter(address_hash=address_hash).values_list("scope", "reason")
    assert list(stopped) == [("all", "erased")]


ACTS = {
    "leaves": lambda lead, _: consent.withdraw(lead, how="one click", now=NOW),
    "pauses": lambda lead, _: people_services.pause(lead, until=NOW + DAY),
    "declines": lambda lead, _: people_services.decline(lead, topics=["news"], now=NOW),
    "is described": lambda lead, by: people_services.describe(lead, details=Details(last_name="King"), by=by),
    "is noted": lambda lead, by: people_services.add_note(lead, text="Called.", by=by, now=NOW),
    "is tagged": lambda lead, by: tags.add(lead, name="warm", by=by, now=NOW),
    "is forgotten": lambda lead, by: erase(lead, by=by, now=NOW),
}
SHOWN = {
    "leaves": lambda kept: not may_be_mailed(kept),
    "pauses": lambda kept: kept.paused_until == NOW + DAY,
    "declines": lambda kept: kept.declined_topics == ["news"],
    "is described": lambda kept: kept.last_name == "King",
    "is noted": lambda kept: kept.notes.count() == 1,
    "is tagged": lambda kept: kept.taggings.count() == 1,
    "is forgotten": lambda kept: kept.email == "" and kept.merged_into is None,
}


@pytest.mark.parametrize("act", ACTS)
def test_what_somebody_asks_for_who_was_known_as_the_other_counts_for_the_kept_one(by, act):
    kept, gone = people.lead(last_name=""), people.lead(last_name="")
    agreed(kept)
    before = Lead.objects.get(pk=gone.pk)
    merge(kept, gone, by=by, now=NOW)
    empty = Lead.objects.filter(pk=gone.pk).values("email", "last_name", "paused_until", "declined_topics").get()

    ACTS[act](before, by)

    kept.refresh_from_db()
    assert SHOWN[act](kept)
    assert (
        Lead.objects.filter(pk=gone.pk).values("email", "last_name", "paused_until", "declined_topics").get() == empty
    )


def test_a_question_that_comes_after_it_is_a_new_leads(by):
    kept, gone = people.lead(), people.lead("ada@work.example")
    merge(kept, gone, by=by, now=NOW)

    asked = intake.ask(Question("ada@work.example", "Does it hurt?"), now=NOW)

    assert asked.lead_id not in {kept.pk, gone.pk}
