import pytest

from leads import signals
from leads.models import Tag, Tagging
from leads.tags import queries, services
from tests.factories import people
from tests.leads.conftest import NOW

pytestmark = pytest.mark.django_db


def test_a_tag_is_put_on_once_and_announced_once():
    announced = []

    def ear(sender, tag, lead_ids, now, **_):
        announced.append((tag.name, lead_ids, now))

    signals.tag_added.connect(ear)
    lead, staff = people.lead(), people.staff()
    try:
        first = services.add(lead, name="  Runner ", by=staff, now=NOW)
        again = services.add(lead, name="runner", by=people.staff(), now=NOW)
    finally:
        signals.tag_added.disconnect(ear)

    assert first == again
    assert (again.by, again.at) == (staff, NOW)
    assert announced == [("runner", [lead.pk], NOW)]


def test_many_are_tagged_and_announced_together_but_those_who_had_the_tag():
    announced = []

    def ear(sender, tag, lead_ids, now, **_):
        announced.append((tag.name, sorted(lead_ids), now))

    had, *new = [people.lead() for _ in range(3)]
    services.add(had, name="runner", by=None, now=NOW)
    everybody, keys = [had, *new], [lead.pk for lead in new]
    signals.tag_added.connect(ear)
    try:
        assert sorted(services.add_to_many([lead.pk for lead in everybody], name=" Runner", now=NOW)) == keys
        assert services.add_to_many(keys, name="runner", now=NOW) == []
    finally:
        signals.tag_added.disconnect(ear)

    assert announced == [("runner", keys, NOW)]
    assert services.remove_from_many([lead.pk for lead in everybody], name="RUNNER") == len(everybody)
    assert Tagging.objects.count() == 0


def test_a_tag_is_taken_off_one_lead_and_stays_on_others():
    one, other = people.lead(), people.lead()
    for lead in (one, other):
        services.add(lead, name="runner", by=None, now=NOW)

    assert services.remove(one, name="Runner") is True
    assert services.remove(one, name="runner") is False

    assert [tagging.lead for tagging in Tagging.objects.all()] == [other]


def test_all_tags_say_how_many_people_have_them():
    for names in (("runner", "desk"), ("runner",)):
        lead = people.lead()
        for name in names:
            services.add(lead, name=name, by=None, now=NOW)
    Tag.objects.create(name="unused")

    assert [(tag.name, tag.people) for tag in queries.all_tags()] == [("desk", 1), ("runner", 2), ("unused", 0)]


def test_a_leads_tags_take_one_query(django_assert_num_queries):
    lead = people.lead()
    for name in ("a", "b", "c"):
        services.add(lead, name=name, by=people.staff(), now=NOW)

    with django_assert_num_queries(1):
        assert len([(row.tag.name, row.by.name) for row in queries.taggings(lead)]) == 3
