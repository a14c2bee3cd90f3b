from datetime import UTC, datetime

import pytest

from newsletter.deliveries.models import Kind
from newsletter.models import Enrolment
from newsletter.tracking import queries
from newsletter.tracking.queries import LinkClicks
from tests.factories import mail, people

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)


def test_clicks_on_a_campaign_are_counted_by_link_and_label():
    ada, ben = people.lead(), people.lead()
    to_ada, to_ben = (mail.delivery(lead, kind=Kind.CAMPAIGN, owner=7) for lead in (ada, ben))
    mail.click(mail.delivery(ada, kind=Kind.CAMPAIGN, owner=8))
    for letter, link, label in [
        (to_ada, 0, "person"),
        (to_ada, 0, "person"),
        (to_ben, 0, "person"),
        (to_ben, 0, "scanner"),
        (to_ben, 1, "unknown"),
    ]:
        mail.click(letter, link=link, goal=["call", "ask"][link], label=label)
    letters = queries.campaign_deliveries(7)

    assert queries.link_clicks(letters) == [
        LinkClicks(link=0, goal="call", people=2, person=3, scanner=1, unknown=0),
        LinkClicks(link=1, goal="ask", people=0, person=0, scanner=0, unknown=1),
    ]
    assert queries.label_counts(letters) == {"people": 2, "person": 3, "scanner": 1, "unknown": 1}


def test_the_mails_of_a_step_are_those_of_its_key_in_these_enrolments():
    version = mail.sequence()
    here = [mail.enrolment(people.lead(), version) for _ in range(2)]
    elsewhere = mail.enrolment(people.lead())
    for enrolment in [*here, elsewhere]:
        for key in (1, 2):
            mail.delivery(enrolment.lead, kind=Kind.STEP, owner=enrolment.pk, item=key)

    found = queries.step_deliveries(Enrolment.objects.filter(sequence=version.sequence).values("pk"), 2)

    assert set(found.values_list("owner", "item")) == {(enrolment.pk, 2) for enrolment in here}


def test_facts_are_counted_by_kind_and_listed_by_mail():
    first, second = (mail.delivery(people.lead(), kind=Kind.CAMPAIGN, owner=7) for _ in range(2))
    mail.fact(first, "delivered", at=NOW)
    mail.fact(second, "delivered", at=NOW)
    mail.fact(first, "booked", at=NOW)

    assert queries.fact_counts(queries.campaign_deliveries(7)) == {"booked": 1, "delivered": 2}
    found = queries.facts([first.pk, second.pk])
    assert {pk: [fact.kind for fact in facts] for pk, facts in found.items()} == {
        first.pk: ["delivered", "booked"],
        second.pk: ["delivered"],
    }
