"""What a person writes about a lane, and what is said when it cannot be meant."""

from datetime import date
from types import MappingProxyType

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.checks import lanes_lead_somewhere
from newsletter.deliveries import lanes
from newsletter.deliveries.lanes import DomainLimit, LaneOptions, WarmUp


def read(said: dict[str, object]) -> LaneOptions:
    return lanes.read("MARKETING_LANE", said, lane="marketing", window=100)


def test_a_lane_of_which_nothing_is_said_has_no_limits_and_its_own_mailer():
    assert read({}) == LaneOptions("marketing", domains=MappingProxyType({}))


def test_everything_that_can_be_said():
    said = {
        "mailer": "first",
        "fail_over": "second",
        "rate_per_second": 14,
        "rate_per_day": 50_000,
        "warm_up": {"ramp": [10, 20], "starts_on": "2026-03-02"},
        "domains": {"Hotmail.com": {"rate_per_second": 0.5}, "town": {"domains": ["A.example"], "rate_per_day": 9}},
        "window": 50,
    }

    found = read(said)

    hotmail, town = found.domains["hotmail.com"], found.domains["town"]
    assert (hotmail.rate_per_second, hotmail.rate_per_day) == (0.5, None)
    assert hotmail.domains >= {"outlook.com", "hotmail.com", "live.com"}
    assert town == DomainLimit("town", frozenset({"a.example"}), None, 9)
    assert (found.mailer, found.fail_over, found.window) == ("first", "second", 50)
    assert (found.rate_per_second, found.rate_per_day) == (14.0, 50_000)
    assert found.warm_up == WarmUp((10, 20), date(2026, 3, 2))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, None),
        (False, None),
        (True, WarmUp()),
        ([5, 10], WarmUp((5, 10))),
        ({"starts_on": "2026-03-02"}, WarmUp(starts_on=date(2026, 3, 2))),
    ],
)
def test_ways_to_say_a_warm_up(said, expected):
    assert read({"warm_up": said}).warm_up == expected


def test_an_unknown_domain_is_a_group_of_its_own():
    assert read({"domains": {"clinic.example": {"rate_per_day": 5}}}).domains == {
        "clinic.example": DomainLimit("clinic.example", frozenset({"clinic.example"}), None, 5)
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"rate": 5}, "rate is not known; known are mailer, fail_over, rate_per_second"),
        ({"rate_per_second": 0}, "rate_per_second must be a number above 0, not 0"),
        ({"rate_per_second": "14"}, "rate_per_second must be a number above 0, not '14'"),
        ({"rate_per_second": True}, "rate_per_second must be a number above 0, not True"),
        ({"rate_per_second": float("nan")}, "rate_per_second must be a number above 0, not nan"),
        ({"rate_per_day": 1.5}, "rate_per_day must be a whole number of 1 or more, not 1.5"),
        ({"rate_per_day": 0}, "rate_per_day must be a whole number of 1 or more, not 0"),
        ({"window": 0}, "window must be a whole number of 1 or more, not 0"),
        ({"mailer": 7}, "mailer must be an alias of a mail backend, not 7"),
        ({"warm_up": 50}, "warm_up must be true, a list of mails per day"),
        ({"warm_up": [100, 50]}, "ramp must be whole numbers of mails per day that grow"),
        ({"warm_up": []}, "ramp must be whole numbers of mails per day that grow"),
        ({"warm_up": {"starts_on": "2 March"}}, "starts_on must be a day such as 2026-03-02, not '2 March'"),
        ({"warm_up": {"from": 1}}, "from is not known; known are ramp, starts_on"),
        ({"domains": ["gmail.com"]}, "domains must be an object such as"),
        ({"domains": {"gmail.com": 5}}, "gmail.com: must be an object such as"),
        ({"domains": {"gmail.com": {}}}, "gmail.com: rate_per_second or rate_per_day is missing"),
        (
            {"domains": {"x": {"domains": "x.example", "rate_per_day": 5}}},
            'x: domains must be domain names such as ["example.com"',
        ),
        (
            {"domains": {"gmail.com": {"rate_per_day": 5}, "googlemail.com": {"rate_per_day": 5}}},
            "is in two groups, gmail.com and googlemail.com",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_sentence(said, problem):
    with pytest.raises(ImproperlyConfigured) as caught:
        read(said)

    assert str(caught.value).startswith("MARKETING_LANE: ")
    assert problem in str(caught.value)


def test_a_lane_that_leads_nowhere_is_found_by_the_check(settings):
    settings.LANES = {"marketing": LaneOptions("marketing", fail_over="spare")}
    assert [found.id for found in lanes_lead_somewhere()] == ["meridian.E005"]

    settings.LANES = {"marketing": LaneOptions("marketing", fail_over="marketing")}
    assert [found.id for found in lanes_lead_somewhere()] == ["meridian.E006"]

    settings.LANES = {"marketing": LaneOptions("marketing", fail_over="transactional")}
    assert lanes_lead_somewhere() == []
