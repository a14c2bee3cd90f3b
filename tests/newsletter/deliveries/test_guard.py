"""Two refusals by policy among the last fifty answers stop a campaign, however many senders there are."""

import threading

import pytest
from django.db import connection

from accounts.models import AuditEvent
from clinic.clock import database_now
from newsletter.deliveries import guard
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.models import CHUNK_SIZE, Batch, Kind, Lane, Later, Uncertain
from newsletter.deliveries.models import PolicyWatch as Watched
from newsletter.deliveries.sending import slot
from newsletter.deliveries.sending.watch import Watch
from newsletter.deliveries.transport.answers import Answer, Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.models import Suppression
from newsletter.sequences.models import Sequence, SequenceState
from tests.factories import clinics, people
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.campaigns.letters import campaign
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.transport.world import IMPATIENT

OWNER = 7
WORDS = "dot: 550 5.7.1 spam"


@pytest.fixture
def chunk(db):
    world.open_clinic()
    return world.plan([world.lead("ann")], owner=OWNER).ids[0] // CHUNK_SIZE


@pytest.fixture
def stops():
    """What was asked to stop; it always can."""
    asked = []

    def listener(kind, owner_id, now):
        asked.append((kind, owner_id))
        return True

    guard.when_refused(listener)
    yield asked
    guard._listeners.remove(listener)


def say(chunk, marks, words=WORDS):
    guard.report({chunk: marks}, words=words)


@pytest.mark.parametrize(
    ("windows", "is_stopped"),
    [
        (["x" * 49], False),  # fifty answers have not been seen
        (["x" * 50], True),
        (["xx" + "." * 47], False),
        (["xx" + "." * 48], True),
        (["x" + "." * 49], False),  # one in fifty is 2 %, not more
        (["x" + "." * 49, "x"], False),  # the first has left the fifty
        (["x" + "." * 48, "x"], True),
        (["." * 1000, "x", "." * 48, "x"], True),
        (["." * 1000, "x", "." * 49, "x"], False),
        (["x" + "." * 49] * 9, False),
    ],
)
def test_more_than_two_percent_of_the_last_fifty_stop_it(chunk, stops, windows, is_stopped):
    for marks in windows:
        say(chunk, marks)

    assert stops == ([(Kind.CAMPAIGN, OWNER)] if is_stopped else [])
    assert (guard.stopped(Kind.CAMPAIGN, OWNER) is not None) is is_stopped


@pytest.mark.parametrize(("marks", "is_stopped"), [("b" * 20 + "." * 30, False), ("b" * 21 + "." * 29, True)])
def test_so_many_who_do_not_exist_stop_it_too(chunk, stops, marks, is_stopped):
    say(chunk, marks, "rcpt: 550 5.1.1 unknown")

    assert stops == ([(Kind.CAMPAIGN, OWNER)] if is_stopped else [])
    found = guard.stopped(Kind.CAMPAIGN, OWNER)
    assert found is None or (found.is_about_us, found.refused, found.words) == (False, 21, "rcpt: 550 5.1.1 unknown")
    assert (found is not None) is is_stopped


def test_it_says_how_many_of_how_many_and_the_other_sides_words(chunk, stops):
    say(chunk, "." * 30)
    say(chunk, "xxx", "dot: 550 5.7.1 spam, says [hidden]")
    say(chunk, "." * 17, "")

    found = guard.stopped(Kind.CAMPAIGN, OWNER)

    assert (found.is_about_us, found.refused, found.answers, found.words) == (
        True,
        3,
        50,
        "dot: 550 5.7.1 spam, says [hidden]",
    )


def test_begun_anew_it_takes_fifty_answers_again(chunk, stops):
    say(chunk, "x" * 50)
    guard.begin_anew(Kind.CAMPAIGN, OWNER)
    assert guard.stopped(Kind.CAMPAIGN, OWNER) is None

    say(chunk, "x" * 49)
    assert len(stops) == 1

    say(chunk, "x")
    assert len(stops) == 2


def test_what_nobody_could_stop_is_not_said_to_be_stopped(chunk):
    say(chunk, "x" * 50)

    assert guard.stopped(Kind.CAMPAIGN, OWNER) is None


def test_one_report_may_be_about_several_campaigns(chunk, stops):
    other = world.plan([world.lead("bob")], owner=8).ids[0] // CHUNK_SIZE
    guard.report({other: "x" * 50, chunk: "." * 50}, words=WORDS)

    assert stops == [(Kind.CAMPAIGN, 8)]
    assert dict(Watched.objects.values_list("owner_id", "answers")) == {7: "." * 50, 8: "x" * 50}


ANSWERS = [
    (Answer(1000, Phase.DOT, accepted=True, code=250), "."),
    (Answer(1000, Phase.RCPT, accepted=False, code=550, enhanced="5.1.1"), "b"),
    (Answer(1000, Phase.DOT, accepted=False, code=550, enhanced="5.7.1"), "x"),
    (Answer(1000, Phase.MAIL, accepted=False, enhanced="5.3.4", error="Unsendable"), "x"),
    (Answer(1000, Phase.RCPT, accepted=False, enhanced="5.6.7", error="Unsendable"), ""),  # it was never offered
    (Answer(1000, Phase.RCPT, accepted=False, enhanced="5.1.3", error="Unsendable"), ""),
    (Answer(1000, Phase.REQUEST, accepted=False, code=403), "x"),
    (Answer(1000, Phase.DOT, accepted=False, code=451), ""),
    (Answer(1000, Phase.DOT, accepted=None, error="EOFError"), ""),
    (Answer(1000, Phase.CONNECT, accepted=False, error="OSError"), ""),
    (Answer(1000, Phase.REQUEST, accepted=False, code=429), ""),
]


@pytest.mark.parametrize(("answer", "mark"), ANSWERS)
def test_what_counts_is_an_answer_that_ended_a_delivery(chunk, answer, mark):
    watch = Watch()
    one = Answer(chunk * CHUNK_SIZE, answer.phase, answer.accepted, answer.code, answer.enhanced, error=answer.error)
    watch.see(one, classify(one))
    watch.report(Lane.MARKETING, is_last=True)

    assert list(Watched.objects.values_list("answers", flat=True)) == ([mark] if mark else [])


def test_transactional_mail_is_nobodys_campaign(chunk, stops):
    watch = Watch()
    for _ in range(50):
        watch.see(Answer(chunk * CHUNK_SIZE, Phase.DOT, accepted=False, code=550), Verdict.REFUSED_POLICY)
    watch.report(Lane.TRANSACTIONAL, is_last=True)

    assert stops == []
    assert guard.doubted() is None


@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT])
def test_what_was_never_offered_says_nothing_of_the_relay(phase):
    watch = Watch()
    watch.see(Answer(1000, phase, accepted=False, enhanced="5.6.7", error="Unsendable"), Verdict.REFUSED_POLICY)
    watch.end_window()

    assert (watch.heard, watch.decided, watch.is_silent) == (0, 0, False)


@pytest.mark.parametrize(
    ("answers", "people"),
    [
        (["b" * 9], None),
        (["b" * 9, "b"], 10),
        (["." * 40, "b" * 6, "x", "b" * 6], 12),
        (["b" * 9, ".", "b" * 9], None),
        (["b" * 50, "."], None),
    ],
)
def test_a_relay_that_knows_nobody_is_doubted_until_it_takes_a_mail(db, answers, people):
    for said in answers:
        guard.report_alone(said, words="rcpt: 550 5.1.1 unknown")

    assert guard.doubted() == (guard.Doubted(people, "rcpt: 550 5.1.1 unknown") if people else None)


@pytest.fixture
def threads(transactional_db):
    yield
    connection.close()


def at_once(*acts):
    def run(act):
        try:
            act()
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=[act]) for act in acts]
    for one in running:
        one.start()
    for one in running:
        one.join(timeout=60)
        assert not one.is_alive()


def test_two_senders_at_once_lose_no_answer(threads, chunk, stops):
    other = world.plan([world.lead("bob")], owner=8).ids[0] // CHUNK_SIZE

    def forwards():
        for _ in range(20):
            guard.report({chunk: "x", other: "."}, words=WORDS)

    def backwards():
        for _ in range(20):
            guard.report({other: ".", chunk: "."}, words=WORDS)

    at_once(forwards, backwards)

    answers = dict(Watched.objects.values_list("owner_id", "answers"))
    assert (answers[OWNER].count("x"), answers[OWNER].count("."), answers[8]) == (20, 20, "." * 40)


def test_two_senders_that_find_it_out_together_stop_it_once(threads):
    letter = campaign(people.staff())
    type(letter).objects.filter(pk=letter.pk).update(status="sending")
    world.open_clinic()
    one = world.plan([world.lead("ann")], owner=letter.pk).ids[0] // CHUNK_SIZE

    at_once(lambda: say(one, "x" * 50), lambda: say(one, "x" * 50))

    letter.refresh_from_db()
    assert letter.status == "paused"
    assert AuditEvent.objects.filter(act="campaign.stopped").count() == 1
    assert guard.stopped(Kind.CAMPAIGN, letter.pk).refused == 50


def relay(settings, sink, tmp_path, lane=Lane.MARKETING):
    settings.JOURNAL_DIR = tmp_path
    options = {"host": "127.0.0.1", "port": sink.port, "connections": 2, **IMPATIENT}
    settings.MAILERS = {"relay": {"BACKEND": "newsletter.deliveries.transport.smtp.Backend", "OPTIONS": options}}
    settings.LANES = {lane: LaneOptions("relay", window=25)}


def test_a_relay_that_does_not_want_the_campaign_pauses_it(threads, settings, tmp_path):
    clinics.clinic(sending_unlocked_at=database_now())
    letter = campaign(people.staff())
    type(letter).objects.filter(pk=letter.pk).update(status="sending")
    planned = world.plan(world.leads(100), owner=letter.pk)
    with SmtpSink({"faults": [{"at": "dot", "reply": "550 5.7.1 spam from p1@example.org", "share": 0.2}]}) as sink:
        relay(settings, sink, tmp_path)
        slot.run(Lane.MARKETING, seconds=20, should_stop=lambda: False)

    letter.refresh_from_db()
    states = world.states(planned.ids)
    found = guard.stopped(Kind.CAMPAIGN, letter.pk)
    assert (letter.status, Batch.objects.get().state) == ("paused", "paused")
    assert states["submitted"] + states["failed"] == 50
    assert found.words == "dot: 550 5.7.1 5.7.1 spam from p•••@example.org"
    assert found.refused == states["failed"]
    assert (Suppression.objects.count(), Uncertain.objects.count()) == (0, 0)
    assert set(Later.objects.values_list("reason", flat=True)) <= {"not begun"}


NOBODY = {"at": "rcpt", "reply": "550 5.1.1 unknown"}


def test_a_relay_that_knows_nobody_stops_few_addresses_and_is_asked_again(threads, settings, tmp_path):
    world.open_clinic()
    planned = world.plan(world.leads(14), lane=Lane.TRANSACTIONAL)
    with SmtpSink({"faults": [NOBODY]}) as sink:
        relay(settings, sink, tmp_path, Lane.TRANSACTIONAL)
        slot.run(Lane.TRANSACTIONAL, seconds=20, should_stop=lambda: False)

    assert world.states(planned.ids) == {"failed": guard.IN_A_ROW - 1, "later": 15 - guard.IN_A_ROW}
    assert Suppression.objects.count() == guard.IN_A_ROW - 1
    assert set(Later.objects.values_list("attempt", flat=True)) == {1}

    Later.objects.update(due_at=database_now())
    with SmtpSink() as sink:
        relay(settings, sink, tmp_path, Lane.TRANSACTIONAL)
        slot.run(Lane.TRANSACTIONAL, seconds=20, should_stop=lambda: False)

    assert world.states(planned.ids) == {"failed": guard.IN_A_ROW - 1, "submitted": 15 - guard.IN_A_ROW}
    assert guard.doubted() is None


def test_a_sequence_is_paused_likewise(db):
    course = Sequence.objects.create(key="course", name="Course")
    batch = Batch.objects.create(kind=Kind.STEP, owner_id=course.pk, lane=Lane.MARKETING, planned_at=database_now())
    step = batch.chunks.create(lane=Lane.MARKETING, due_at=database_now(), size=1)
    say(step.pk, "x" * 50)

    course.refresh_from_db()
    batch.refresh_from_db()
    assert (course.state, batch.state) == (SequenceState.PAUSED, "paused")
    assert guard.stopped(Kind.STEP, course.pk).refused == 50
