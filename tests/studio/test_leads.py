from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from accounts.models import User
from clinic.clock import database_now
from clinic.queries import zone
from leads.consent.services import withdraw
from leads.models import Consent, ConsentRequest, Lead
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from studio.queries.people import Wanted, found
from tests.factories.mail import enrolment, sequence
from tests.factories.people import consent, lead

LIST = reverse("studio:leads")
NEW = reverse("studio:lead_new")


def shown(studio: Client, **narrowed: str) -> list[Lead]:
    return list(studio.get(LIST, narrowed).context["page"])


def consent_states() -> dict[str, str]:
    return dict(found(Wanted(), now=database_now()).values_list("email", "consent_state"))


def caller(owner: User, **changes: object) -> dict[str, object]:
    taken_at = database_now() - timedelta(hours=2)
    return {
        "email": "Ada@mail.example",
        "first_name": "Ada",
        "phone": "416 555 0123",
        "method": "phone",
        "taken_by": owner.pk,
        "taken_at": f"{localtime(taken_at, zone()):%Y-%m-%dT%H:%M}",
        **changes,
    }


def test_leads_are_listed_the_newest_first(studio: Client) -> None:
    now = database_now()
    old, new = lead(created_at=now - timedelta(days=2)), lead(created_at=now)

    assert shown(studio) == [new, old]


def test_who_left_the_course_by_booking_is_said_to_have_booked(studio: Client) -> None:
    course, now = sequence(), database_now()
    for reason in ("booked", "unsubscribed"):
        enrolment(lead(), course, state="exited", ended_at=now, exit_reason=reason)

    page = studio.get(LIST).text

    assert (page.count(">Booked<"), page.count(">Left a sequence<")) == (1, 1)


def test_a_part_of_the_name_or_address_finds_a_person(studio: Client) -> None:
    ada, grace = lead("ada@mail.example", last_name="Lovelace"), lead("grace@mail.example", first_name="Grace")

    assert shown(studio, q="lovel") == [ada]
    assert shown(studio, q="grace@") == [grace]
    assert shown(studio, q="nobody") == []


def test_the_list_narrows_to_patients_and_to_a_state_of_consent(studio: Client) -> None:
    patient, agreed = lead(status="patient"), lead()
    consent(agreed)

    assert shown(studio, status="patient") == [patient]
    assert shown(studio, consent="agreed") == [agreed]
    assert shown(studio, consent="none") == [patient]


def test_a_made_up_filter_shows_everybody(studio: Client) -> None:
    one = lead()

    assert shown(studio, status="emperor", consent="\x00") == [one]


@pytest.mark.django_db
def test_each_state_of_consent_has_its_word() -> None:
    now = database_now()
    names = ("none", "asked", "agreed", "left", "ran-out", "bounced", "suppressed")
    people = {name: lead(f"{name}@mail.example") for name in names}
    ConsentRequest.objects.create(
        lead=people["asked"], purpose="marketing", requested_at=now, expires_at=now + timedelta(days=1)
    )
    for name in ("agreed", "left", "bounced", "suppressed"):
        consent(people[name])
    consent(people["ran-out"], expires_at=now - timedelta(seconds=1))
    withdraw(people["left"], how="unsubscribe page", now=now)
    for name, scope in (("bounced", Scope.ALL), ("suppressed", Scope.MARKETING)):
        cause = Cause(scope, SuppressionReason.HARD_BOUNCE)
        suppression.suppress(bytes(people[name].address_hash or b""), cause=cause, now=now)

    assert consent_states() == {
        "none@mail.example": "none",
        "asked@mail.example": "asked",
        "agreed@mail.example": "agreed",
        "left@mail.example": "left",
        "ran-out@mail.example": "none",
        "bounced@mail.example": "unreachable",
        "suppressed@mail.example": "left",
    }


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, django_assert_num_queries
) -> None:
    for _ in range(count):
        enrolment(consent(lead()).lead)

    with django_assert_num_queries(11):
        studio.get(LIST)


def test_an_empty_list_teaches(studio: Client) -> None:
    assert "Nobody is known yet" in studio.get(LIST).text
    assert "Nobody fits" in studio.get(LIST, {"q": "x"}).text


def test_the_pages_of_the_list_keep_what_was_looked_for(studio: Client) -> None:
    for number in range(51):
        lead(f"ada{number}@pages.example")

    page = studio.get(LIST, {"q": "pages"})

    assert "?q=pages&amp;page=2" in page.text
    assert len(shown(studio, q="pages", page="2")) == 1


def test_a_caller_is_written_down_with_their_yes(studio: Client, owner: User) -> None:
    answer = studio.post(NEW, caller(owner, wants_mail="on", note="Left leg, sits a lot."))

    ada = Lead.objects.get()
    given = Consent.objects.get(purpose="marketing")
    assert answer.headers["Location"] == reverse("studio:lead", args=[ada.pk])
    assert (ada.email, ada.phone, ada.source) == ("Ada@mail.example", "+14165550123", "phone")
    assert (given.basis, given.method, given.by) == ("staff_recorded", "phone", owner)
    assert database_now() - given.granted_at > timedelta(minutes=119)
    assert ada.notes.get().text == "Left leg, sits a lot."


def test_without_their_yes_there_is_no_marketing_consent(studio: Client, owner: User) -> None:
    studio.post(NEW, caller(owner))

    assert list(Consent.objects.values_list("purpose", flat=True)) == ["inquiry"]


def test_a_caller_whom_we_know_is_the_same_person(studio: Client, owner: User) -> None:
    known = lead("ada@mail.example", first_name="", phone="")

    studio.post(NEW, caller(owner))

    known.refresh_from_db()
    assert Lead.objects.count() == 1
    assert (known.first_name, known.phone) == ("Ada", "+14165550123")


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("email", "ada@", "Check the address: it needs a name, an @ and a domain."),
        ("phone", "12", "Write it with its area code, such as 416 555 0123."),
        ("taken_at", "2999-01-01T10:00", "This is still to come."),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(
    field: str, typed: str, problem: str, studio: Client, owner: User
) -> None:
    page = studio.post(NEW, caller(owner, **{field: typed}))

    assert page.context["form"].errors == {field: [problem]}
    assert f'id="id_{field}_error"' in page.text
    assert Lead.objects.count() == 0
