import json
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.segments import queries, registry
from leads.segments.models import Match
from leads.segments.registry import Condition, Unanswerable
from leads.tags import services as tags
from leads.tags.models import Tag, Tagging
from tests.factories import people
from tests.leads.segments.fitting import NOW, fits, only

pytestmark = pytest.mark.django_db
HOSTILE = "'; DROP TABLE leads_lead; -- %s {lead} {now} \\ %(x)s"


@pytest.fixture
def leg_pain():
    return Tag.objects.create(name="leg pain")


@pytest.fixture
def fleeting():
    """A condition that is registered for one test."""
    registry.register(
        Condition(name="fleeting", label="a", denial="b", phrase="c", opposite="d", sql=lambda _value: ("true", []))
    )
    yield only("fleeting")
    registry.forget("fleeting")


def test_a_condition_says_in_plain_words_whom_it_fits(leg_pain):
    assert queries.says(only("tagged", "leg pain")) == "tagged “leg pain”"
    assert queries.says(only("tagged", "leg pain", negated=True)) == "not tagged “leg pain”"
    assert queries.says(only("source", "inquiry")) == "whose way to us was: Question form"
    assert queries.says(only("signed_up_within", "30")) == "who signed up in the last 30 days"


def test_several_are_one_sentence(leg_pain):
    onlys = only("tagged", "leg pain"), only("booked", negated=True)

    assert queries.sentence(onlys, Match.ALL) == "tagged “leg pain” and never booked"
    assert queries.sentence(onlys, Match.ANY) == "tagged “leg pain” or never booked"


BROKEN = [
    (None, "This is not a condition."),
    ({}, "This is not a condition."),
    ({"name": 7}, "This is not a condition."),
    ({"name": "tagged", "value": 7}, "This is not a condition."),
    ({"name": "tagged", "value": "leg pain", "not": "yes"}, "This is not a condition."),
    ({"name": "tagged", "value": "leg pain", "sql": "true"}, "This is not a condition."),
    (only("rich"), "There is no condition “rich” any more."),
    (only("tagged"), "Choose one."),
    (only("tagged", "arm pain"), "“arm pain” is not there any more."),
    (only("has_phone", "yes"), "This condition has no value."),
    *(
        (only("signed_up_within", value), "Give a number of days between 1 and 3650.")
        for value in ("", "0", "-1", "3651", "7.5", "²", "9" * 5000)
    ),
]


@pytest.mark.parametrize(("stored", "why"), BROKEN)
def test_what_is_wrong_with_a_condition_is_said(stored, why, leg_pain):
    assert queries.problems(stored) == [why]


def test_the_menus_have_every_condition_with_what_can_be_chosen(leg_pain):
    choices = {choice["name"]: choice for choice in json.loads(json.dumps(queries.choices()))}

    assert choices["tagged"] == {
        "name": "tagged",
        "label": "have the tag",
        "denial": "do not have the tag",
        "kind": "choice",
        "values": [["leg pain", "leg pain"]],
    }
    assert (choices["signed_up_within"]["kind"], choices["booked"]["kind"]) == ("days", "none")
    assert {choice["kind"] for choice in choices.values()} == {"choice", "days", "none"}


def test_what_staff_choose_is_never_a_part_of_the_query():
    victim = people.lead()
    tags.add(victim, name=HOSTILE[:40], by=None, now=NOW)

    assert fits(only("tagged", HOSTILE[:40].lower())) == {victim.pk}
    assert queries.holds([only("tagged", HOSTILE)], [victim.pk], NOW) == {victim.pk: frozenset()}


def test_a_condition_that_is_gone_or_of_another_kind_cannot_be_evaluated(fleeting):
    lead = people.lead()
    assert queries.holds([fleeting], [lead.pk], NOW) == {lead.pk: {0}}
    registry.forget("fleeting")

    assert queries.says(fleeting) == "of an unknown condition “fleeting”"
    for broken in (fleeting, only("signed_up_within", "soon")):
        with pytest.raises(Unanswerable):
            queries.holds([broken], [lead.pk], NOW)


def test_nobody_is_asked_about_for_no_conditions_and_for_no_people(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert queries.holds([], [7], NOW) == {7: frozenset()}
        assert queries.holds([only("has_phone")], [], NOW) == {}


def test_no_conditions_fit_nobody():
    people.lead()

    assert queries.people([], Match.ALL, NOW).count == 0
    assert queries.people([], Match.ANY, NOW).count == 0


PERSON = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["sign_up", "inquiry", "phone"]),
        "status": st.sampled_from(["lead", "patient"]),
        "phone": st.sampled_from(["", "+14165550123"]),
        "days": st.integers(0, 40),
        "tags": st.sets(st.sampled_from(["leg pain", "back pain"])),
    }
)
ONLY = st.one_of(
    st.builds(only, st.just("tagged"), st.sampled_from(["leg pain", "back pain"]), negated=st.booleans()),
    st.builds(only, st.just("source"), st.sampled_from(["sign_up", "inquiry", "phone"]), negated=st.booleans()),
    st.builds(only, st.just("status"), st.sampled_from(["lead", "patient"]), negated=st.booleans()),
    st.builds(only, st.sampled_from(["has_phone", "booked", "clicked"]), negated=st.booleans()),
    st.builds(
        only,
        st.sampled_from(["signed_up_within", "signed_up_before"]),
        st.integers(1, 40).map(str),
        negated=st.booleans(),
    ),
)


def expected(person: dict, one: dict) -> bool:
    """The same question, answered without a database."""
    value = one["value"]
    found = {
        "tagged": lambda: value in person["tags"],
        "source": lambda: person["source"] == value,
        "status": lambda: person["status"] == value,
        "has_phone": lambda: person["phone"] != "",
        "booked": lambda: False,
        "clicked": lambda: False,
        "signed_up_within": lambda: person["days"] < int(value),
        "signed_up_before": lambda: person["days"] >= int(value),
    }[one["name"]]()
    return found != one["not"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    crowd=st.lists(PERSON, max_size=4),
    onlys=st.lists(ONLY, min_size=1, max_size=4),
    match=st.sampled_from(list(Match)),
)
def test_a_segment_has_exactly_those_for_whom_its_conditions_hold(crowd, onlys, match):
    combined = all if match == Match.ALL else any
    with transaction.atomic():
        known = {name: Tag.objects.create(name=name) for name in ("leg pain", "back pain")}
        wanted = set()
        for person in crowd:
            row = {name: person[name] for name in ("source", "status", "phone")}
            lead = people.lead(**row, created_at=NOW - timedelta(days=person["days"]))
            Tagging.objects.bulk_create(Tagging(lead=lead, tag=known[name]) for name in person["tags"])
            if combined(expected(person, one) for one in onlys):
                wanted.add(lead.pk)

        assert fits(*onlys, match=match) == wanted
        transaction.set_rollback(True)


@pytest.mark.parametrize("value", ["0", "3651", "9" * 200, "", "x"])
def test_a_number_of_days_that_nobody_can_ask_about_is_unanswerable(value: str) -> None:
    with pytest.raises(Unanswerable):
        queries.where([{"name": "signed_up_within", "value": value, "not": False}], "all", NOW)
