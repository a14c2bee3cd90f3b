"""From the gate to the wire: who sees a block that is only for some, and what happens when nobody can tell."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead
from leads.segments import registry
from leads.segments.registry import Condition
from leads.tags import services as tags
from newsletter.content import marks
from newsletter.content.models import CompiledEmail
from newsletter.deliveries import claim, services
from newsletter.deliveries.admission import gate, revisions
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Kind, Lane, Outcome
from newsletter.deliveries.record import Record
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.services import Planned, Row
from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.rendering.copies import specimen
from newsletter.rendering.preview import read
from tests.factories import people
from tests.leads.segments.fitting import NOW, only
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.sending.test_dispatch import Wire

pytestmark = pytest.mark.django_db
TAGGED = only("tagged", "leg pain")
PHONE = only("has_phone", negated=True)
MARKS = [f"mark{number}" for number in range(9)]


@pytest.fixture
def sent(settings, tmp_path: Path):
    """Send what is due in windows of four; the words of each mail, by address, as both kinds of lanes say them."""
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()

    def run(lane: Lane = Lane.MARKETING) -> dict[str, str]:
        wire = Wire()
        with FileJournal() as journal:
            while (lease := claim.next_lease(lane, owner=journal.owner, window=4)) is not None:
                send_lease(lease, sender=Sender(wire, journal, Stride(4), lambda: False))
        return {mail.recipient: _said(mail) for mail in wire.mails}

    return run


def _said(mail: FinishedMail) -> str:
    """The mail's words, of the bytes for SMTP; a provider's request made of it must say the same."""
    words = read(mail.content).text + read(mail.content).html
    assert seen(specimen(mail.made_of.letter, MARKS).decode()) == seen(words)
    return words


@pytest.fixture
def fleeting():
    """A condition that a test can take away."""
    registry.register(
        Condition(name="fleeting", label="a", denial="b", phrase="c", opposite="d", sql=lambda _value: ("true", []))
    )
    yield only("fleeting")
    registry.forget("fleeting")


def write(planned: world.Plan, *conditions: dict, words: tuple[str, ...] = ("Tagged", "Phoneless")) -> None:
    """Words for everybody, then for those for whom the first condition holds, and so on."""
    blocks = [(marks.opening(n), word, marks.closing(n)) for n, word in enumerate(words[: len(conditions)])]
    CompiledEmail.objects.filter(variant=planned.variant).update(
        html="<p>Everybody</p>" + "".join(f"{opens}<p>{word}</p>{closes}" for opens, word, closes in blocks),
        text="Everybody\n\n" + "".join(f"{opens}{word}\n\n{closes}" for opens, word, closes in blocks) + "End\n",
        conditions=list(conditions),
    )
    revisions.letter.cache_clear()


def tagged(name: str, **fields: str) -> Lead:
    lead = world.lead(name)
    Lead.objects.filter(pk=lead.pk).update(**fields)
    tags.add(lead, name="leg pain", by=None, now=NOW)
    return lead


def seen(words: str) -> set[str]:
    return {word for word in ("Everybody", "Tagged", "Phoneless") if word in words}


def test_each_reader_gets_the_blocks_that_are_theirs(sent):
    both, one = tagged("both"), tagged("one", phone="+14165550123")
    other, neither = world.lead("other"), world.lead("neither")
    Lead.objects.filter(pk=neither.pk).update(phone="+14165550123")
    planned = world.plan([neither, both, other, one])
    write(planned, TAGGED, PHONE)

    found = {address: seen(words) for address, words in sent().items()}

    assert found == {
        "both@example.org": {"Everybody", "Tagged", "Phoneless"},
        "one@example.org": {"Everybody", "Tagged"},
        "other@example.org": {"Everybody", "Phoneless"},
        "neither@example.org": {"Everybody"},
    }
    assert world.states(planned.ids) == {"submitted": 4}


def test_it_counts_what_holds_when_the_mail_leaves(sent):
    lead = tagged("ann")
    write(world.plan([lead]), TAGGED)
    tags.remove(lead, name="leg pain")

    assert seen(sent()["ann@example.org"]) == {"Everybody"}


def test_a_condition_that_is_not_known_any_more_fails_the_mail_and_only_that_one(sent, fleeting):
    doubtful, fit = world.plan([tagged("ann")]), world.plan([tagged("bea")], owner=8)
    write(doubtful, fleeting)
    write(fit, TAGGED)
    registry.forget("fleeting")

    assert list(sent()) == ["bea@example.org"]
    reason = "Who sees one of its blocks cannot be told: The condition “fleeting” cannot be evaluated."
    assert Outcome.objects.get(delivery_id=doubtful.ids[0]).reason == reason
    assert (world.states(doubtful.ids), world.states(fit.ids)) == ({"failed": 1}, {"submitted": 1})


def test_a_condition_that_the_database_refuses_fails_the_mail_and_loses_nothing_else(sent):
    broken = Condition(name="broken", label="", denial="", phrase="", opposite="", sql=lambda _v: ("no_such(1)", []))
    registry.register(broken)
    planned = world.plan([tagged("ann")])
    write(planned, only("broken"))

    assert sent() == {}
    registry.forget("broken")
    assert world.states(planned.ids) == {"failed": 1}


def test_a_mail_to_staff_shows_every_block(sent):
    made, robin = world.variant(), people.staff(email="robin@clinic.example")
    planned = Planned(Kind.TEST, 1, Lane.TRANSACTIONAL)
    services.plan(planned, [Row(1, 1, made.pk, staff_id=robin.pk)], due_at=NOW.replace(year=2020), now=NOW)
    write(world.Plan(None, made, []), TAGGED, PHONE)

    assert seen(sent(Lane.TRANSACTIONAL)["robin@clinic.example"]) == {"Everybody", "Tagged", "Phoneless"}


def test_who_is_shown_the_same_leaves_together(sent):
    planned = world.plan([tagged("a"), world.lead("b"), tagged("c"), world.lead("d")])
    write(planned, TAGGED)

    found = sent()

    assert [seen(words) for words in found.values()] == [{"Everybody"}] * 2 + [{"Everybody", "Tagged"}] * 2


def test_only_a_letter_with_conditions_costs_the_gate_a_question(sent):
    plain = world.plan(world.leads(3))
    asked_for_plain = _questions()
    write(world.plan([tagged("x"), tagged("y"), tagged("z")], owner=8), TAGGED)

    assert world.states(plain.ids) == {"planned": 3}
    assert (asked_for_plain, _questions()) == (0, 1)


def _questions() -> int:
    """How often the gate asks about conditions for one window."""
    lease = claim.next_lease(Lane.MARKETING, owner="me", window=4)
    with CaptureQueriesContext(connection) as context:
        gate.admit(lease, Record(), window=4)
    return sum("leads_tagging" in query["sql"] for query in context.captured_queries)
