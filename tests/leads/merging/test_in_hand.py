"""Two are merged while a mail is in a sender's hands: whatever becomes of it, they get it once, and it is not lost."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from leads.consent import services as consent
from leads.merging.services import Unclear, merge
from leads.models import Lead
from newsletter import receivers
from newsletter.deliveries import claim, returned
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Chunk, Kind, Lane, Later, Outcome, Recall
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Phase
from newsletter.models import Delivery, Enrolment
from newsletter.sequences import one, services
from tests.factories import mail, people
from tests.newsletter.deliveries.sending.test_dispatch import Reply, Wire, taken
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, reader, sequence

pytestmark = pytest.mark.django_db

COURSE = (email(1), email(2, 2))
LONG_AGO = NOW - timedelta(days=365)
Send = Callable[..., list[tuple[str, int]]]


def later(mail: FinishedMail) -> Answer:
    return Answer(mail.key, Phase.RCPT, accepted=False, code=450, enhanced="4.2.0")


@pytest.fixture
def by():
    return people.staff()


@pytest.fixture
def send(settings, tmp_path: Path) -> Send:
    """Whatever waits is due, and leaves by this relay at whatever hour it is; to whom each went, and its number."""
    settings.JOURNAL_DIR = tmp_path
    settings.SEQUENCE_DAY_SECONDS = DAY.total_seconds()

    def run(reply: Reply = taken, lane: Lane = Lane.MARKETING) -> list[tuple[str, int]]:
        wire = Wire(reply)
        for waiting in (Chunk, Later):
            waiting.objects.update(due_at=LONG_AGO)
        with FileJournal() as journal:
            while lease := claim.next_lease(lane, owner=journal.owner, window=4):
                send_lease(lease, sender=Sender(wire, journal, Stride(4), lambda: False))
                if reply is not taken:
                    break
        return [(mail.recipient, mail.key) for mail in wire.mails]

    return run


def meanwhile(act: Callable[[], object], then: Reply) -> Reply:
    """While this one is on the wire somebody acts; and then the relay answers."""

    def reply(mail: FinishedMail) -> Answer:
        act()
        return then(mail)

    return reply


def go_on(send: Send, day: int) -> list[str]:
    """A tick, and what leaves by it, to whom; what came back is looked at by the tick after it ended."""
    now = NOW + day * DAY
    send()
    returned.look(now)
    services.advance(now)
    return [to for to, _number in send()]


def mailed(lead: Lead) -> list[int]:
    left = Outcome.objects.filter(state=1).values("delivery_id")
    found = Delivery.objects.filter(kind=Kind.STEP, lead_id=lead.pk, pk__in=left)
    return list(found.order_by("id").values_list("item", flat=True))


def test_what_comes_back_goes_to_the_kept_one_once(by, send):
    gone, kept = begun(sequence(*COURSE)), reader()
    services.advance(NOW)

    [(to, _number)] = send(meanwhile(lambda: merge(kept, gone.lead, by=by, now=NOW), later))

    assert to == gone.lead.email
    assert go_on(send, 0) == [kept.email]
    assert [go_on(send, day) for day in (1, 2, 3)] == [[], [kept.email], []]
    assert (mailed(kept), ending(gone), Recall.objects.count()) == ([1, 2], ("finished", ""), 0)


def test_what_has_left_all_the_same_goes_to_nobody_again(by, send):
    gone, kept = begun(sequence(*COURSE)), reader()
    services.advance(NOW)

    send(meanwhile(lambda: merge(kept, gone.lead, by=by, now=NOW), taken))

    assert [go_on(send, day) for day in (0, 1, 2)] == [[], [], [kept.email]]
    assert (mailed(kept), Recall.objects.count()) == ([1, 2], 0)


def test_what_comes_back_from_a_way_that_ended_goes_to_the_one_that_goes_on(by, send):
    """It was planned for the kept one, too, and taken back: the other was about to get it."""
    course = sequence(*COURSE, email(3, 9))
    kept, gone = begun(course, now=NOW - DAY), begun(course, now=NOW - DAY)
    services.advance(NOW - DAY)
    send()
    Enrolment.objects.filter(pk=kept.pk).update(due_at=NOW + 2 * DAY)
    services.advance(NOW + DAY)
    services.advance(NOW + 2 * DAY)

    [(to, _number)] = send(meanwhile(lambda: merge(kept.lead, gone.lead, by=by, now=NOW + 2 * DAY), later))

    assert (to == gone.lead.email, ending(gone), ending(kept)) == (True, ("exited", "merged"), ("active", ""))
    assert [go_on(send, day) for day in (2, 3)] == [[kept.lead.email], []]
    assert (sorted(mailed(kept.lead)), ending(kept)) == ([1, 1, 2], ("active", ""))


def test_nobody_gets_by_mail_that_comes_back_what_the_other_address_got(by, send):
    """The kept one's mail is in a sender's hands, and the other has had it: it is not tried again, and not planned."""
    course = sequence(*COURSE)
    gone = begun(course, now=NOW - DAY)
    services.advance(NOW - DAY)
    send()
    kept = begun(course)
    services.advance(NOW)

    send(meanwhile(lambda: merge(kept.lead, gone.lead, by=by, now=NOW), later))

    assert [go_on(send, day) for day in (0, 1)] == [[], []]
    assert mailed(kept.lead) == [1]


def test_who_left_since_gets_nothing_that_comes_back(by, send):
    gone, kept = begun(sequence(*COURSE)), reader()
    services.advance(NOW)
    send(meanwhile(lambda: merge(kept, gone.lead, by=by, now=NOW), later))

    consent.withdraw(kept, how="one click", now=NOW)

    assert [go_on(send, day) for day in (0, 1, 2)] == [[], [], []]


def test_whom_staff_hold_gets_what_came_back_when_they_go_on(by, send):
    gone, kept = begun(sequence(*COURSE)), reader()
    services.advance(NOW)
    send(meanwhile(lambda: merge(kept, gone.lead, by=by, now=NOW), later))
    gone.refresh_from_db()
    one.pause(gone, by=by, reason="Away", now=NOW)

    assert go_on(send, 0) == []
    one.resume(gone, by=by, reason="Back", now=NOW + DAY)
    assert go_on(send, 1) == [kept.email]


def test_whom_staff_held_under_the_other_address_does_not_get_what_is_planned(by, send):
    course = sequence(*COURSE)
    kept, gone = begun(course), begun(course)
    one.pause(gone, by=by, reason="Away", now=NOW)
    services.advance(NOW)

    merge(kept.lead, gone.lead, by=by, now=NOW)

    assert ending(kept) == ("paused", "")
    assert [go_on(send, day) for day in (0, 1)] == [[], []]
    one.resume(kept, by=by, reason="Back", now=NOW + 2 * DAY)
    assert go_on(send, 2) == [kept.lead.email]


def test_an_answer_to_a_question_that_comes_back_goes_to_the_kept_one(by, send, templates):
    gone, kept = people.lead(), people.lead()
    asked = people.inquiry(gone, question="Does it hurt?")
    receivers.answer_inquiry(type(asked), inquiry=asked, now=NOW)

    send(meanwhile(lambda: merge(kept, gone, by=by, now=NOW), later), Lane.TRANSACTIONAL)
    send(taken, Lane.TRANSACTIONAL)
    returned.look(NOW)

    assert [to for to, _number in send(taken, Lane.TRANSACTIONAL)] == [kept.email]
    returned.look(NOW)
    assert send(taken, Lane.TRANSACTIONAL) == []


@pytest.mark.parametrize(("is_step", "kept_mark"), [(True, 1), (False, 0), (False, 1)])
def test_of_what_both_are_to_get_and_nobody_knows_whether_it_leaves_nothing_is_decided(by, is_step, kept_mark):
    course = sequence(*COURSE)
    kept, gone = begun(course), begun(course)
    mails = {}
    for way in (kept, gone):
        name = {"kind": 2, "owner": way.pk, "item": 1} if is_step else {"owner": 90}
        mails[way] = mail.delivery(way.lead, **name)
    Chunk.objects.filter(pk=mails[gone].chunk_id).update(mark=1)
    Chunk.objects.filter(pk=mails[kept].chunk_id).update(mark=kept_mark)

    with pytest.raises(Unclear):
        merge(kept.lead, gone.lead, by=by, now=NOW)

    assert Lead.objects.filter(erased_at=None).count() == 2
    Outcome.objects.create(delivery_id=mails[gone].pk, at=NOW, state=1)
    merge(kept.lead, gone.lead, by=by, now=NOW)


def test_a_mail_in_doubt_that_staff_send_again_goes_to_the_kept_one(by, send):
    gone, kept = begun(sequence(*COURSE)), reader()
    services.advance(NOW)
    planned = Delivery.objects.get(kind=Kind.STEP)
    send(lambda mail: Answer(mail.key, Phase.DOT, accepted=None, error="ConnectionResetError"))
    merge(kept, gone.lead, by=by, now=NOW)

    assert reconcile.decide(planned.pk, again=True, by=by, now=NOW)

    assert go_on(send, 0) == [kept.email]
