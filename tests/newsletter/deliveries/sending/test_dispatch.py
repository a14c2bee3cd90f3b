"""One lease from the gate to the record, through a wire that can do anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from leads.models import Lead
from newsletter import tokens
from newsletter.content import marks
from newsletter.content.models import CompiledEmail
from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate, revisions, slots
from newsletter.deliveries.admission.slots import Filled, Slotted
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Chunk, Kind, Lane, Later, Outcome
from newsletter.deliveries.record import Record
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, Phase
from newsletter.suppression import services
from newsletter.suppression.models import Scope, Suppression
from newsletter.suppression.services import when_suppressed
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db

Reply = Callable[[FinishedMail], Answer]


def taken(mail: FinishedMail) -> Answer:
    return Answer(mail.key, Phase.DOT, accepted=True, code=250, text="queued as 4F2")


@dataclass
class Wire:
    """A relay in memory: `reply` decides about each mail."""

    reply: Reply = taken
    mails: list[FinishedMail] = field(default_factory=list)

    def submit(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object]
    ) -> Iterator[Answer]:
        for mail in mails:
            self.mails.append(mail)
            journal.begin(mail.key)
            answer = self.reply(mail)
            if answer.code:
                journal.answered(mail.key, answer.code)
            yield answer

    def close(self) -> None:
        pass


@pytest.fixture
def sent(settings, tmp_path: Path):
    """Send what is due through this wire, in windows of four; returns the last window's record."""
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()

    def run(wire: Wire, *, should_stop: Callable[[], bool] = lambda: False) -> Record:
        with FileJournal() as journal:
            lease = claim.next_lease(Lane.MARKETING, owner=journal.owner, window=4)
            assert lease is not None
            return send_lease(lease, sender=Sender(wire, journal, Stride(4), should_stop))

    return run


def refusing(name: str, **answer: object) -> Reply:
    def reply(mail: FinishedMail) -> Answer:
        return Answer(mail.key, **answer) if mail.recipient.startswith(name) else taken(mail)

    return reply


def test_everybody_gets_one_and_the_chunk_is_done(sent):
    planned = world.plan(world.leads(10))
    wire = Wire()

    sent(wire)

    assert [mail.key for mail in wire.mails] == planned.ids
    assert world.states(planned.ids) == {"submitted": 10}
    assert Chunk.objects.get().done is True
    assert set(Outcome.objects.values_list("revision_id", flat=True)) == {planned.variant.current_id}


def test_the_mail_carries_its_own_token_and_one_address(sent):
    planned = world.plan([world.lead("ann")])
    wire = Wire()

    sent(wire)

    message = message_from_bytes(wire.mails[0].content, policy=policy.default)
    assert message["To"] == "ann@example.org"
    assert message["Message-ID"] == f"<{tokens.name(planned.ids[0])}@news.harbour.example>"
    assert wire.mails[0].sender == "hello@news.harbour.example"


def test_a_temporary_refusal_waits_a_minute_and_costs_an_attempt(sent):
    planned = world.plan(world.leads(2))
    sent(Wire(refusing("p0", phase=Phase.RCPT, accepted=False, code=450, enhanced="4.2.0")))

    later = Later.objects.get()
    assert (later.delivery_id, later.attempt) == (planned.ids[0], 1)
    assert world.states(planned.ids) == {"later": 1, "submitted": 1}


def test_a_postponed_one_leaves_when_its_time_has_come(sent):
    planned = world.plan(world.leads(2))
    sent(Wire(refusing("p0", phase=Phase.RCPT, accepted=False, code=450, enhanced="4.2.0")))
    Later.objects.update(due_at=Chunk.objects.get().due_at - timedelta(minutes=1))

    sent(Wire())

    assert world.states(planned.ids) == {"submitted": 2}
    assert Later.objects.count() == 0


def test_what_had_begun_and_did_not_leave_is_told_in_the_journal(sent, settings):
    """Else whoever finds it after a kill would take it for one that may have left."""
    planned = world.plan(world.leads(2))
    told = []

    def reply(mail: FinishedMail) -> Answer:
        told.extend(path.read_text() for path in Path(settings.JOURNAL_DIR).glob("*.journal"))
        is_first = mail.key == planned.ids[0]
        return Answer(mail.key, Phase.BODY, accepted=False, error="BrokenPipeError") if is_first else taken(mail)

    sent(Wire(reply))

    assert told[-1].splitlines()[1:] == [
        f"B {planned.ids[0]}",
        f"A {planned.ids[0]} 451",
        f"B {planned.ids[1]}",
    ]


def test_the_eighth_temporary_refusal_is_the_last(sent):
    planned = world.plan(world.leads(1))
    never = refusing("p0", phase=Phase.DOT, accepted=False, code=451, enhanced="4.3.0")
    sent(Wire(never))
    for _ in range(7):
        Later.objects.update(due_at=Chunk.objects.get().due_at - timedelta(minutes=1))
        sent(Wire(never))

    assert world.states(planned.ids) == {"expired": 1}


def test_an_address_that_does_not_exist_is_suppressed_with_the_outcome(sent):
    person = world.lead("ann")
    planned = world.plan([person, world.lead("bob")])
    heard: list[bytes] = []

    def listener(address_hash: bytes, cause: object, now: object) -> None:
        heard.append(address_hash)

    when_suppressed(listener)

    sent(Wire(refusing("ann", phase=Phase.RCPT, accepted=False, code=550, enhanced="5.1.1")))
    _forget(listener)

    assert world.states(planned.ids) == {"failed": 1, "submitted": 1}
    assert Suppression.objects.get().scope == Scope.ALL
    assert heard == [bytes(Lead.objects.get(pk=person.pk).address_hash)]


def test_a_refusal_of_us_does_not_suppress(sent):
    planned = world.plan([world.lead("ann")])

    sent(Wire(refusing("ann", phase=Phase.DOT, accepted=False, code=554, enhanced="5.7.1")))

    assert world.states(planned.ids) == {"failed": 1}
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("code", [450, 554])
def test_what_a_relay_says_is_kept_without_the_address(sent, code):
    world.plan([world.lead("ann")])

    sent(Wire(refusing("ann", phase=Phase.RCPT, accepted=False, code=code, text="<ann@people.example> not wanted")))

    kept = [row.reason for row in [*Outcome.objects.all(), *Later.objects.all()]]
    assert kept == [f"rcpt: {code} <a•••@people.example> not wanted"]


def test_silence_after_the_dot_is_uncertain_and_not_sent_again(sent):
    planned = world.plan(world.leads(3))

    sent(Wire(refusing("p1", phase=Phase.DOT, accepted=None, error="timed out")))

    assert world.states(planned.ids) == {"submitted": 2, "uncertain": 1}
    assert claim.next_lease(Lane.MARKETING, owner="next", window=4) is None


def test_a_relay_that_is_away_costs_no_attempt_and_gives_the_lease_back(sent):
    planned = world.plan(world.leads(6))

    record = sent(Wire(refusing("p", phase=Phase.CONNECT, accepted=False, error="refused")))

    assert record.relay_is_down is True
    assert world.states(planned.ids) == {"later": 4, "planned": 2}
    assert set(Later.objects.values_list("attempt", flat=True)) == {0}
    assert Chunk.objects.get().lease_until is None


def test_asked_to_stop_it_finishes_what_is_under_way_and_keeps_the_rest(sent):
    planned = world.plan(world.leads(6))
    wire = Wire()

    sent(wire, should_stop=lambda: len(wire.mails) >= 2)

    assert len(wire.mails) == 2
    assert world.states(planned.ids) == {"submitted": 2, "later": 2, "planned": 2}


def test_what_has_not_begun_a_few_seconds_after_the_gate_looked_is_looked_at_again(sent, monkeypatch):
    """However slow the relay, an opt-out is heard soon."""
    planned = world.plan(world.leads(6))
    seconds, wire = gate.seconds, Wire()
    monkeypatch.setattr(gate, "seconds", lambda: seconds() + 3 * len(wire.mails))

    sent(wire)

    assert [mail.key for mail in wire.mails] == [*planned.ids[:2], *planned.ids[4:]]
    assert world.states(planned.ids) == {"submitted": 4, "later": 2}


def test_one_name_that_cannot_be_written_does_not_stop_the_others(sent):
    people = world.leads(3)
    Lead.objects.filter(pk=people[1].pk).update(email="no address at all")
    planned = world.plan(people)

    sent(Wire())

    assert world.states(planned.ids) == {"submitted": 2, "failed": 1}


def test_a_letter_that_breaks_the_renderer_fails_and_is_not_in_the_way_of_others(sent):
    broken, fit = world.plan(world.leads(2)), world.plan([world.lead("ann")], owner=8)
    CompiledEmail.objects.filter(variant=broken.variant).update(
        sender={"name": "", "address": "desk@.", "base_url": ""}
    )
    revisions.letter.cache_clear()

    for _ in range(2):
        sent(Wire())

    assert world.states(broken.ids) == {"failed": 2}
    assert world.states(fit.ids) == {"submitted": 1}


def test_what_cannot_be_filled_in_for_one_is_not_in_the_way_of_others(sent, monkeypatch):
    planned = world.plan(world.leads(3))

    def filler(rows: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
        return {row.id: Filled({"when": {planned.ids[0]: "now", planned.ids[2]: "soon"}[row.id]}) for row in rows}

    monkeypatch.setitem(slots._fillers, Kind.CAMPAIGN, filler)
    monkeypatch.setitem(slots._names, Kind.CAMPAIGN, "when")
    CompiledEmail.objects.update(text=f"It is {marks.words('when')}.")
    revisions.letter.cache_clear()

    sent(Wire())

    assert world.states(planned.ids) == {"submitted": 2, "failed": 1}


def test_a_sender_that_lost_its_lease_still_tells_what_it_knows(sent):
    planned = world.plan(world.leads(2))

    def steal(mail: FinishedMail) -> Answer:
        if mail.key == planned.ids[1]:
            Chunk.objects.update(lease_until="2000-01-01T00:00:00Z")
            assert claim.next_lease(Lane.MARKETING, owner="thief", window=4) is not None
        return taken(mail)

    sent(Wire(steal))

    assert world.states(planned.ids) == {"submitted": 2}


def _forget(listener) -> None:
    services._listeners.remove(listener)
