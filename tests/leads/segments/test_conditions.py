from datetime import timedelta

import pytest

from leads.models import Lead
from leads.tags import services as tags
from tests.factories import people
from tests.leads.segments.fitting import NOW, fits, only

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def tagged(name: str) -> Lead:
    lead = people.lead()
    tags.add(lead, name=name, by=None, now=NOW)
    return lead


PAIRS = {
    "tagged": (lambda: tagged("leg pain"), lambda: tagged("back pain"), only("tagged", "leg pain")),
    "source": (lambda: people.lead(source="inquiry"), lambda: people.lead(source="phone"), only("source", "inquiry")),
    "status": (lambda: people.lead(status="patient"), people.lead, only("status", "patient")),
    "language": (people.lead, lambda: people.lead(language="fr"), only("language", "en")),
    "has_phone": (lambda: people.lead(phone="+14165550123"), people.lead, only("has_phone")),
    "signed_up_within": (
        lambda: people.lead(created_at=NOW - 30 * DAY + SECOND),
        lambda: people.lead(created_at=NOW - 30 * DAY),
        only("signed_up_within", "30"),
    ),
    "signed_up_before": (
        lambda: people.lead(created_at=NOW - 30 * DAY),
        lambda: people.lead(created_at=NOW - 30 * DAY + SECOND),
        only("signed_up_before", "30"),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_condition_fits_the_one_and_its_opposite_the_other(name):
    make_fit, make_other, condition = PAIRS[name]
    fit, other = make_fit(), make_other()

    assert fits(condition) == {fit.pk}
    assert fits({**condition, "not": True}) == {other.pk}


def test_somebody_with_two_tags_is_one_person():
    lead = tagged("leg pain")
    tags.add(lead, name="newsletter", by=None, now=NOW)

    assert fits(only("tagged", "leg pain"), only("tagged", "newsletter"), match="any") == {lead.pk}
    assert fits(only("tagged", "leg pain"), only("tagged", "newsletter")) == {lead.pk}


def test_all_asks_for_each_condition_and_any_for_one():
    both, one = tagged("leg pain"), tagged("leg pain")
    Lead.objects.filter(pk=both.pk).update(status="patient")
    none = people.lead()
    conditions = only("tagged", "leg pain"), only("status", "patient")

    assert fits(*conditions) == {both.pk}
    assert fits(*conditions, match="any") == {both.pk, one.pk}
    assert fits(*({**each, "not": True} for each in conditions)) == {none.pk}


def test_who_was_erased_is_in_no_segment():
    erased = people.lead(status="patient")
    Lead.objects.filter(pk=erased.pk).update(email="", address_key=None, erased_at=NOW)

    assert fits(only("status", "patient")) == set()
    assert fits(only("status", "patient", negated=True)) == set()
