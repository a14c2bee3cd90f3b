"""Mail that was called back in a sender's hands, and came back, comes after all once that is undone; never twice."""

from collections.abc import Callable
from datetime import datetime

import pytest

from leads.consent import services as consent
from leads.models import Lead
from leads.people import services as leads
from leads.people.models import LeadStatus
from leads.tags import services as tags
from newsletter.deliveries.models import Recall
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Phase
from newsletter.models import Delivery, Enrolment
from newsletter.sequences import one, services
from newsletter.sequences.plan.document import Event, EventKind
from tests.factories import people
from tests.leads.merging import test_in_hand as in_hand
from tests.leads.merging.test_in_hand import Send, go_on, later, mailed, meanwhile
from tests.newsletter.deliveries.sending.test_dispatch import taken
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import DAY, MINUTE, NOW, begun, ending, sequence

pytestmark = pytest.mark.django_db
send = in_hand.send
"""The fixture: whatever waits leaves, by this relay."""

Act = Callable[[Enrolment, datetime], object]


def hold(way: Enrolment, now: datetime) -> None:
    one.pause(way, by=people.staff(), reason="Wait", now=now)


def let_go_on(way: Enrolment, now: datetime) -> None:
    one.resume(way, by=people.staff(), reason="Go", now=now)


def opt_out(way: Enrolment, now: datetime) -> None:
    consent.withdraw(way.lead, how="mail", now=now)


def opt_in_again(way: Enrolment, now: datetime) -> None:
    consent.undo_withdrawal(way.lead, now=now)


def decline(way: Enrolment, now: datetime) -> None:
    leads.decline(way.lead, topics=["course"], now=now)


def want_again(way: Enrolment, now: datetime) -> None:
    leads.decline(way.lead, topics=[], now=now)


def press_patient(way: Enrolment, now: datetime) -> None:
    leads.set_status(way.lead, status=LeadStatus.PATIENT, by=people.staff(), now=now)


def press_lead(way: Enrolment, now: datetime) -> None:
    leads.set_status(way.lead, status=LeadStatus.LEAD, by=people.staff(), now=now)


ACTS: dict[str, tuple[Act, Act]] = {
    "held, and let go on": (hold, let_go_on),
    "an opt-out": (opt_out, opt_in_again),
    "a declined topic": (decline, want_again),
    "a patient by mistake": (press_patient, press_lead),
}


def doing(way: Enrolment, *acts: Act) -> Callable[[], None]:
    """One after the other, a minute apart."""

    def run() -> None:
        for minute, act in enumerate(acts):
            act(way, NOW + minute * MINUTE)

    return run


@pytest.fixture(params=ACTS)
def acts(request: pytest.FixtureRequest) -> tuple[Act, Act]:
    return ACTS[request.param]


@pytest.fixture
def way() -> Enrolment:
    """Somebody whose first mail is planned."""
    found = begun(sequence(email(1), email(2, 2)))
    services.advance(NOW)
    return found


@pytest.fixture
def last_mail() -> Enrolment:
    """Somebody who has nothing to come but the mail that is planned."""
    found = begun(sequence(email(1), goal=Event(EventKind.TAG, "knee")))
    services.advance(NOW)
    return found


def put_tag_on(way: Enrolment, now: datetime) -> None:
    tags.add(way.lead, name="knee", by=None, now=now)


def lost(mail: FinishedMail) -> Answer:
    """Nobody knows whether it has left."""
    return Answer(mail.key, Phase.DOT, accepted=None, error="ConnectionResetError")


def lead_of(way: Enrolment) -> Lead:
    return Lead.objects.get(pk=way.lead_id)


def test_undone_while_it_is_in_a_senders_hands_it_comes_after_all_once(way, acts, send: Send):
    act, undo = acts

    send(meanwhile(doing(way, act, undo), later))

    reader = lead_of(way)
    assert [go_on(send, day) for day in range(4)] == [[reader.email], [], [reader.email], []]
    assert (mailed(reader), ending(way), Recall.objects.count()) == ([1, 2], ("finished", ""), 0)


def test_what_has_left_all_the_same_does_not_leave_again(way, acts, send: Send):
    act, undo = acts

    send(meanwhile(doing(way, act, undo), taken))

    reader = lead_of(way)
    assert [go_on(send, day) for day in range(4)] == [[], [], [reader.email], []]
    assert (mailed(reader), ending(way)) == ([1, 2], ("finished", ""))


def test_in_doubt_it_waits_until_that_is_settled_and_comes_if_it_is_to_go_again(way, acts, send: Send):
    act, undo = acts
    mail = Delivery.objects.get(owner=way.pk)
    send(lost)
    act(way, NOW)
    undo(way, NOW + MINUTE)
    assert [go_on(send, day) for day in range(2)] == [[], []]

    assert reconcile.decide(mail.pk, again=True, by=people.staff(), now=NOW + 2 * DAY)

    reader = lead_of(way)
    assert [go_on(send, day) for day in range(2, 6)] == [[reader.email], [], [reader.email], []]
    assert (mailed(reader), ending(way)) == ([1, 2], ("finished", ""))


def test_undone_after_it_came_back_it_comes_once_too(way, acts, send: Send):
    act, undo = acts
    send(meanwhile(doing(way, act), later))
    send()

    undo(way, NOW)

    reader = lead_of(way)
    assert [go_on(send, day) for day in range(4)] == [[reader.email], [], [reader.email], []]


def test_while_it_holds_nothing_comes(way, acts, send: Send):
    act, _undo = acts

    send(meanwhile(doing(way, act), later))

    assert [go_on(send, day) for day in range(4)] == [[], [], [], []]
    assert mailed(lead_of(way)) == []


def test_who_opts_out_after_they_were_let_go_on_gets_nothing_that_comes_back(way, send: Send):
    send(meanwhile(doing(way, hold, let_go_on), later))

    opt_out(way, NOW + MINUTE)

    assert [go_on(send, day) for day in range(4)] == [[], [], [], []]
    assert (mailed(lead_of(way)), ending(way)) == ([], ("exited", "unsubscribed"))


def test_whose_last_mail_comes_back_after_they_opted_out_has_finished_all_the_same(last_mail, send: Send):
    send(meanwhile(doing(last_mail, opt_out), later))

    assert [go_on(send, day) for day in range(3)] == [[], [], []]
    assert ending(last_mail) == ("finished", "")
    assert Delivery.objects.filter(owner=last_mail.pk).count() == 1


def test_whose_last_mail_comes_back_after_they_reached_the_goal_does_not_get_it(last_mail, send: Send):
    send(meanwhile(doing(last_mail, opt_out, opt_in_again, put_tag_on), later))

    assert [go_on(send, day) for day in range(3)] == [[], [], []]
    assert ending(last_mail) == ("exited", "tag")


def test_who_is_held_when_it_comes_back_gets_it_when_they_go_on(way, send: Send):
    send(meanwhile(doing(way, opt_out, opt_in_again, hold), later))
    assert [go_on(send, day) for day in range(2)] == [[], []]
    assert mailed(lead_of(way)) == []

    let_go_on(way, NOW + 2 * DAY)

    assert go_on(send, 2) == [lead_of(way).email]


def test_a_patient_by_mistake_still_is_none_when_the_press_is_taken_back_after_it_came_back(way, send: Send):
    """Looked at while they still stand as a patient, the way would end."""
    send(meanwhile(doing(way, press_patient), later))
    assert go_on(send, 0) == []

    press_lead(way, NOW + DAY)

    reader = lead_of(way)
    assert [go_on(send, day) for day in range(2, 7)] == [[reader.email], [], [reader.email], [], []]
