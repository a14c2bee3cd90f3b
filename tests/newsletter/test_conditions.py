from datetime import timedelta

import pytest

from newsletter.deliveries.models import State
from newsletter.models import Sequence
from tests.factories import mail, people
from tests.leads.segments.fitting import NOW, fits, only

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def clicked(at=NOW - DAY, label="person"):
    lead = people.lead()
    mail.click(mail.delivery(lead, state=State.SUBMITTED), at=at, label=label)
    return lead


def enrolled(version, state):
    ended = {} if state in {"active", "paused"} else {"ended_at": NOW - DAY}
    lead = people.lead()
    mail.enrolment(lead, version, state=state, **ended)
    return lead


def got(campaign, state=State.SUBMITTED, *, click="", kind=1):
    lead = people.lead()
    delivery = mail.delivery(lead, state=state, owner=campaign.pk, kind=kind)
    if click:
        mail.click(delivery, label=click)
    return lead


@pytest.fixture
def news():
    return mail.campaign(name="News", planned_at=NOW - DAY)


def test_clicked_lately_is_a_persons_click_within_so_many_days():
    lately, long_ago, scanner, nobody = (
        clicked(NOW - 7 * DAY + SECOND),
        clicked(NOW - 7 * DAY),
        clicked(label="scanner"),
        people.lead(),
    )

    assert fits(only("clicked_within", "7")) == {lately.pk}
    assert fits(only("clicked_within", "7", negated=True)) == {long_ago.pk, scanner.pk, nobody.pk}


def test_ever_clicked_is_a_persons_click_at_any_time():
    once, scanner, unknown = clicked(NOW - 900 * DAY), clicked(label="scanner"), clicked(label="unknown")

    assert fits(only("clicked")) == {once.pk}
    assert fits(only("clicked", negated=True)) == {scanner.pk, unknown.pk}


def test_the_course_is_asked_about_by_where_somebody_is_in_it():
    version, other = mail.sequence(), mail.sequence()
    active, paused, finished, exited = (
        enrolled(version, state) for state in ("active", "paused", "finished", "exited")
    )
    elsewhere, nowhere = enrolled(other, "active"), people.lead()
    key = Sequence.objects.get(pk=version.sequence_id).key

    assert fits(only("in_course", key)) == {active.pk, paused.pk}
    assert fits(only("finished_course", key)) == {finished.pk}
    assert fits(only("was_in_course", key)) == {active.pk, paused.pk, finished.pk, exited.pk}
    assert fits(only("was_in_course", key, negated=True)) == {elsewhere.pk, nowhere.pk}


def test_got_a_campaign_is_whoever_has_it_or_may_have_it(news):
    has, treated, refused, planned = (
        got(news, state) for state in (State.SUBMITTED, State.CLOSED, State.REFUSED, None)
    )
    in_doubt = people.lead()
    mail.uncertain(in_doubt, owner=news.pk)
    other_kind = got(news, kind=2)

    assert fits(only("got_campaign", str(news.pk))) == {has.pk, treated.pk, in_doubt.pk}
    assert fits(only("got_campaign", str(news.pk), negated=True)) == {refused.pk, planned.pk, other_kind.pk}


def test_clicks_in_a_campaign_are_told_from_getting_it(news):
    other = mail.campaign(name="Other", planned_at=NOW - DAY)
    reader, scanner, silent, elsewhere = (
        got(news, click="person"),
        got(news, click="scanner"),
        got(news),
        got(other, click="person"),
    )
    value = str(news.pk)

    assert fits(only("clicked_campaign", value)) == {reader.pk}
    assert fits(only("ignored_campaign", value)) == {scanner.pk, silent.pk}
    assert fits(only("clicked_campaign", value, negated=True)) == {scanner.pk, silent.pk, elsewhere.pk}
    assert fits(only("ignored_campaign", value, negated=True)) == {reader.pk, elsewhere.pk}
