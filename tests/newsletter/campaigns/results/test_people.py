import pytest
from django.utils import timezone

from leads.models import Lead
from newsletter.campaigns.results import people, queries
from newsletter.campaigns.results.people import Did
from newsletter.deliveries.models import State
from newsletter.models import Campaign
from newsletter.tracking.models import FactKind
from tests.newsletter.campaigns.results.every_ending import HOUR, NOW, campaign, deliveries, lived

pytestmark = pytest.mark.django_db


def test_each_list_is_as_long_as_its_number():
    made = lived()
    lived(17)
    numbers = queries.numbers(made)
    progress = numbers.progress
    expected = {
        Did.DELIVERED: numbers.fact(FactKind.DELIVERED),
        Did.CLICKED: numbers.people,
        Did.IGNORED: numbers.mailed - numbers.people,
        Did.BOOKED: numbers.fact(FactKind.BOOKED),
        Did.UNSUBSCRIBED: numbers.fact(FactKind.UNSUBSCRIBED),
        Did.BLOCKED: numbers.fact(FactKind.BLOCKED),
        Did.BOUNCED: numbers.fact(FactKind.BOUNCED),
        Did.COMPLAINED: numbers.fact(FactKind.COMPLAINED),
        Did.REFUSED: progress.refused,
        Did.FAILED: progress.failed,
        Did.ENDED: progress.expired + progress.cancelled,
        Did.UNCERTAIN: progress.uncertain,
        Did.WAITING: progress.waiting,
    }

    assert {did: people.found(made, did=did).count() for did in Did} == expected
    assert min(expected.values()) > 0
    assert people.found(made).count() == people.found(made, did="nonsense").count() == progress.planned


def test_somebody_is_found_by_name_or_address():
    made = campaign(6)
    first = deliveries(made)[0]
    Lead.objects.filter(pk=first.lead_id).update(first_name="Zoé", last_name="Tremblay")

    assert list(people.found(made, text="zoé trem")) == [first]
    assert list(people.found(made, text="zoé", did=Did.BOOKED)) == []
    assert people.found(made, text="gmail.com").count() == 2
    assert people.found(made, text=" ").count() == 6


def test_a_line_tells_everything_about_one_mail():
    made = lived(17)

    booked, clicked_late, *_rest = lines = people.look(deliveries(made))

    assert (booked.state, booked.clicks, booked.clicked_at) == (State.SUBMITTED, 3, NOW + HOUR)
    assert (booked.delivered_at, booked.booked_at) == (NOW + HOUR, NOW + 3 * HOUR)
    assert clicked_late.clicked_at == NOW + 25 * HOUR
    assert [(one.scanner_clicks, one.clicked_at) for one in lines[2:3]] == [(2, None)]
    assert [one.reason for one in lines if one.state == State.REFUSED] == ["no consent", "unsubscribed"]
    assert [one.state for one in lines if one.is_uncertain] == [None]


def test_somebody_who_was_erased_has_no_name_and_no_address():
    made = campaign(2)
    first = deliveries(made)[0]
    Lead.objects.filter(pk=first.lead_id).update(
        email="", address_key=None, first_name="", last_name="", erased_at=timezone.now()
    )

    (gone, _other) = people.look(deliveries(made))

    assert (gone.address, gone.name, gone.is_erased) == ("", "", True)


@pytest.mark.parametrize("count", [3, 34])
def test_a_page_is_one_question_and_a_file_one_for_each_chunk(count, django_assert_num_queries):
    made: Campaign = lived(count)
    page = deliveries(made)

    with django_assert_num_queries(1):
        assert len(people.look(page)) == count
    with django_assert_num_queries(3):
        assert [one.delivery_id for one in people.everybody(made)] == [one.pk for one in page]
