from datetime import UTC, datetime, timedelta

import pytest

from newsletter.deliveries.models import Delivery, Kind, State
from newsletter.models import Click, CompiledEmail, Fact, Outcome, Visit
from newsletter.tracking import services
from newsletter.tracking.models import FactKind
from newsletter.tracking.services import Clicked, Seen
from tests.factories import mail, people

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
BROWSER = Seen("GET", "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Safari/605.1.15")


@pytest.fixture
def letter() -> Delivery:
    """A mail with two links that left an hour ago."""
    return mail.delivery(people.lead(), state=State.SUBMITTED, at=NOW - timedelta(hours=1))


def with_links(letter: Delivery, count: int) -> Delivery:
    links = [{"url": f"/{n}", "label": "", "goal": "page"} for n in range(count)]
    CompiledEmail.objects.filter(variant_id=letter.variant_id).update(links=links)
    return letter


def follow(letter: Delivery, n: int, *, seen: Seen = BROWSER, now: datetime = NOW) -> Clicked:
    clicked = services.click(letter.pk, n, seen=seen, now=now)
    assert clicked is not None
    return clicked


def labels(letter: Delivery) -> list[tuple[int, str]]:
    return list(Click.objects.filter(delivery_id=letter.pk).order_by("pk").values_list("link", "label"))


def test_a_click_is_appended_and_leads_where_the_mail_said(letter):
    clicked = follow(letter, 1)

    row = Click.objects.get()
    assert (clicked.url, clicked.goal, clicked.click_id) == ("/ask", "ask", row.pk)
    assert (row.delivery_id, row.lead_id, row.link, row.goal, row.at) == (letter.pk, letter.lead_id, 1, "ask", NOW)
    assert row.label == "person"


def test_a_link_that_was_never_in_the_mail_leads_nowhere(letter):
    assert services.click(letter.pk, 2, seen=BROWSER, now=NOW) is None
    assert services.click(letter.pk, -1, seen=BROWSER, now=NOW) is None
    assert services.click(letter.pk + 1, 0, seen=BROWSER, now=NOW) is None
    assert Click.objects.count() == 0


def test_the_links_are_those_of_the_revision_that_was_sent(letter):
    sent = CompiledEmail.objects.get(variant_id=letter.variant_id)
    newer = CompiledEmail.objects.create(
        variant_id=letter.variant_id, number=2, subject="", html="", text="", links=[{"url": "/new", "goal": "page"}]
    )
    letter_variant = newer.variant
    letter_variant.current = newer
    letter_variant.save()
    assert follow(letter, 0).url == "/new"

    Outcome.objects.filter(pk=letter.pk).update(revision_id=sent.pk)

    assert follow(letter, 0).url == "/book"


def test_a_click_right_after_the_mail_left_is_a_scanners(letter):
    Outcome.objects.filter(pk=letter.pk).update(at=NOW - timedelta(seconds=1))

    follow(letter, 0)

    assert labels(letter) == [(0, "scanner")]


def test_a_burst_makes_scanners_of_its_first_clicks_too(letter):
    with_links(letter, 4)

    for n, seconds in [(0, 0), (1, 1), (1, 1.2), (2, 1.5)]:
        follow(letter, n, now=NOW + timedelta(seconds=seconds))

    assert labels(letter) == [(0, "scanner"), (1, "scanner"), (1, "scanner"), (2, "scanner")]


def test_three_links_within_more_than_two_seconds_are_a_persons(letter):
    with_links(letter, 4)

    for n in range(3):
        follow(letter, n, now=NOW + n * timedelta(seconds=1.1))

    assert labels(letter) == [(0, "person"), (1, "person"), (2, "person")]


def test_a_form_sent_in_the_session_makes_a_person_of_any_click_and_is_final(letter):
    with_links(letter, 4)
    first = follow(letter, 0, seen=Seen("HEAD")).click_id
    assert first is not None

    assert services.confirm_person(first, now=NOW)
    assert not services.confirm_person(first, now=NOW)
    for n in range(1, 4):
        follow(letter, n, now=NOW + timedelta(seconds=1))

    assert labels(letter) == [(0, "person"), (1, "scanner"), (2, "scanner"), (3, "scanner")]


def test_a_test_mail_and_mail_to_staff_lead_on_and_count_nothing():
    test_mail = mail.delivery(people.lead(), state=State.SUBMITTED, kind=Kind.TEST)
    to_staff = mail.delivery(people.lead(), state=State.SUBMITTED, kind=Kind.STAFF, lead_id=None, staff_id=1)

    found = [follow(row, 0) for row in (test_mail, to_staff)]

    assert [(clicked.url, clicked.click_id) for clicked in found] == [("/book", None), ("/book", None)]
    assert Click.objects.count() == 0


def test_the_first_fact_of_a_kind_counts(letter):
    assert services.fact(letter.pk, FactKind.DELIVERED, at=NOW, label="250 ok" + "x" * 300)
    assert not services.fact(letter.pk, FactKind.DELIVERED, at=NOW - timedelta(days=1), label="again")
    assert services.fact(letter.pk, FactKind.BOUNCED, at=NOW)

    assert list(Fact.objects.order_by("pk").values_list("kind", "at")) == [("delivered", NOW), ("bounced", NOW)]
    assert len(Fact.objects.get(kind="delivered").label) == 200


def test_a_visit_says_which_page_and_from_which_site():
    services.visit("article", "search.example", now=NOW)

    assert list(Visit.objects.values_list("page", "referrer_host", "at")) == [("article", "search.example", NOW)]
