"""The rules of a plan in words: when its mails go, and what its first one does."""

from typing import Any

import pytest

from newsletter.sequences.plan.document import Hours, Step, TriggerKind
from newsletter.sequences.plan.problems import HOURS
from newsletter.sequences.plan.words import Names
from studio.queries.plan_lines import Said, rules
from tests.newsletter.sequences.plans import email, plan
from tests.newsletter.sequences.ways import trigger

ALWAYS = "every day, 09:00 to 18:00, not on holidays and days off"
AT_ANY_HOUR = f"{ALWAYS}; the first at any hour to who has just asked for it"


def mails_go(*steps: Step, **rule: Any) -> str:
    found = rules(plan(*steps, **rule), Names({}, {}, {}, str), Said())
    return next(one.words for one in found if one.name == HOURS)


@pytest.mark.parametrize("kind", [TriggerKind.CONSENT, TriggerKind.QUESTION, TriggerKind.BOOKED])
def test_where_people_ask_for_it_the_hours_say_so_of_the_first_mail(kind: TriggerKind):
    assert mails_go(email(1), **trigger(kind)) == AT_ANY_HOUR


@pytest.mark.parametrize("first", [email(1, 1), email(1, hours=Hours())], ids=["a wait", "hours of its own"])
def test_a_first_mail_that_waits_or_has_hours_of_its_own_keeps_them(first: Step):
    assert mails_go(first, **trigger(TriggerKind.CONSENT)) == ALWAYS


def test_where_nobody_asks_the_first_mail_is_like_any_other():
    assert mails_go(email(1), **trigger(TriggerKind.BIRTHDAY)) == ALWAYS
    assert mails_go(**trigger(TriggerKind.CONSENT)) == ALWAYS
