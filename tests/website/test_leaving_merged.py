"""Opting out in an old mail of somebody who was merged since: the person has left, and the address that it was in."""

from datetime import timedelta

import pytest

from clinic import clock
from leads.consent import queries
from leads.consent import services as consent
from leads.merging import services as merging
from leads.models import Lead
from leads.privacy import services as privacy
from newsletter import tokens
from newsletter.models import Delivery, Enrolment, Fact, Suppression
from newsletter.sequences import services as sequences
from tests.factories import mail, people
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import begun, sequence

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
HOME = "ada@home.example"


@pytest.fixture
def work(ada: Lead) -> Lead:
    """Who is kept: Ada, at her other address."""
    return people.consent(people.lead("ada@work.example")).lead


@pytest.fixture
def anew(ada: Lead, letter: Delivery, work: Lead) -> Lead:
    """Ada's first address was merged away, and its owner has signed up with it again since."""
    merging.merge(work, ada, by=people.staff(), now=clock.database_now())
    return people.consent(people.lead("ada@mail.example")).lead


@pytest.fixture
def both(work: Lead, anew: Lead) -> tuple[Lead, Lead]:
    return work, anew


def gets_mail(lead: Lead) -> bool:
    stopped = Suppression.objects.filter(address_hash=people.hash_of(lead), lifted_at=None).exists()
    return queries.live_marketing_consent(lead, clock.database_now()) is not None and not stopped


@pytest.mark.parametrize(("path", "said"), [("u", ONE_CLICK), ("u", {"button": "leave"}), ("p", {"button": "leave"})])
def test_both_have_left(client, letter, both, path, said):
    work, anew = both
    knee = sequence(email(1))
    ways = [begun(knee, lead, now=clock.database_now()) for lead in (work, anew)]
    sequences.advance(clock.database_now() + timedelta(days=3))

    client.post(f"/{path}/{tokens.sign(letter.pk)}", said)

    assert (gets_mail(work), gets_mail(anew)) == (False, False)
    assert set(Enrolment.objects.values_list("pk", "exit_reason")) == {(way.pk, "unsubscribed") for way in ways}
    assert [(fact.delivery_id, fact.kind) for fact in Fact.objects.all()] == [(letter.pk, "unsubscribed")]


def test_who_still_gets_mail_can_press_though_the_kept_one_has_left_already(client, token, work, anew):
    shown = client.get(f"/u/{token}").context
    assert (shown["gets_mail"], shown["masked"]) == (True, "a•••@work.example, a•••@mail.example")
    consent.withdraw(work, how="one click", now=clock.database_now())

    shown = client.get(f"/u/{token}").context
    assert (shown["gets_mail"], shown["masked"]) == (True, "a•••@mail.example")

    client.post(f"/u/{token}", {"button": "leave"})
    shown = client.get(f"/u/{token}").context
    assert (shown["gets_mail"], shown["masked"]) == (False, "a•••@work.example")


def test_a_mail_that_was_written_to_the_kept_address_alone_says_nothing_about_the_other(client, work, anew):
    since = mail.delivery(work, state=1, at=clock.database_now() + timedelta(minutes=1))

    client.post(f"/u/{tokens.sign(since.pk)}", ONE_CLICK)

    assert (gets_mail(work), gets_mail(anew)) == (False, True)


def test_a_mail_of_theirs_says_nothing_about_who_had_the_address_before(client, work, anew):
    client.post(f"/u/{tokens.sign(mail.delivery(anew, state=1).pk)}", ONE_CLICK)

    assert (gets_mail(work), gets_mail(anew)) == (True, False)


def test_who_was_merged_with_somebody_who_was_merged_is_found_all_the_same(client, token, work, anew):
    last = people.consent(people.lead(HOME)).lead
    merging.merge(last, work, by=people.staff(), now=clock.database_now())

    client.post(f"/u/{token}", ONE_CLICK)

    assert (gets_mail(last), gets_mail(anew)) == (False, False)


def test_who_took_it_back_is_the_one_whom_the_page_names(client, token, work, anew):
    client.post(f"/u/{token}", {"button": "leave"})

    client.post(f"/u/{token}", {"button": "undo"})

    assert (gets_mail(work), gets_mail(anew)) == (True, False)


def test_of_who_was_erased_no_address_is_known_any_more(client, token, work, anew):
    privacy.erase(work, by=None, now=clock.database_now())
    Suppression.objects.update(lifted_at=clock.database_now())

    assert client.post(f"/u/{token}", ONE_CLICK).status_code == 200

    assert gets_mail(anew)
