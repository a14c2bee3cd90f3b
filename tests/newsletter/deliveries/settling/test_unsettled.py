"""A journal that cannot be settled is kept and told of; it keeps no other from that, and no mail from leaving."""

import os
from pathlib import Path

import pytest

from clinic.clock import database_now
from newsletter import tick
from newsletter.deliveries import claim, journal
from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Chunk, Lane, Outcome
from newsletter.deliveries.record import Record
from newsletter.deliveries.sending import slot
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.standing import heartbeats
from newsletter.deliveries.transport.answers import NOBODY_THERE
from newsletter.health.queries import findings
from newsletter.models import Suppression
from newsletter.suppression import services as suppression
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db
TORN = "9" * 30


@pytest.fixture(autouse=True)
def journals(settings, tmp_path: Path) -> Path:
    settings.DEBUG = True
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    return tmp_path


def dies(journals: Path, owner: str, lines: str) -> None:
    (journals / f"{owner}.journal").write_text(f"boot {journal.boot()}\n{lines}")


def names(journals: Path) -> list[str]:
    return sorted(path.name for path in journals.iterdir())


def test_one_that_cannot_be_settled_is_kept_and_the_others_are_settled(journals: Path):
    planned = world.plan(world.leads(2))
    lease = claim.next_lease(Lane.MARKETING, owner="host-2-dead", window=2)
    assert lease is not None
    gate.admit(lease, Record(), window=2)
    dies(journals, "host-1-torn", f"B {TORN}\n")
    dies(journals, "host-2-dead", "B {0}\nA {0} 250\nB {1}\nA {1} 250\n".format(*planned.ids))

    with pytest.raises(ExceptionGroup, match="Some journals cannot be settled"):
        reconcile.bury_the_dead()

    assert world.states(planned.ids) == {"submitted": 2}
    assert names(journals) == ["host-1-torn.journal"]


def test_mail_leaves_on_both_lanes_beside_one_that_cannot_be_settled(journals: Path, settings, caplog):
    settings.MAILERS = {lane: {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"} for lane in Lane.values}
    settings.LANES = {}
    bulk = world.plan(world.leads(1))
    confirmation = world.plan([world.lead("ada")], owner=8, lane=Lane.TRANSACTIONAL)
    dies(journals, "host-1-torn", f"B {TORN}\n")

    for lane in Lane:
        slot.run(lane, seconds=20, should_stop=lambda: False)

    assert world.states(bulk.ids + confirmation.ids) == {"submitted": 2}
    assert "What killed senders left behind cannot all be settled" in caplog.messages


def test_it_is_told_of(journals: Path):
    dies(journals, "host-1-torn", f"B {TORN}\n")
    os.utime(journals / "host-1-torn.journal", (0, 0))
    for lane in Lane:
        heartbeats.beat(heartbeats.sender(lane), now=database_now(), doing=heartbeats.IDLE)

    with pytest.raises(ExceptionGroup):
        tick.tick(now=database_now())

    assert {finding.what for finding in findings(database_now())} == {
        "Some of what the tick does fails. The rest is done all the same.",
        "1 killed sender has left a journal behind on this machine.",
    }


def test_one_bounce_that_cannot_be_written_keeps_no_other_from_it(journals: Path, monkeypatch):
    planned = world.plan(world.leads(2))
    lease = claim.next_lease(Lane.MARKETING, owner="host-1-dead", window=2)
    assert lease is not None
    gate.admit(lease, Record(), window=2)
    dies(journals, "host-1-dead", "".join(f"A {one} {NOBODY_THERE}\n" for one in planned.ids))
    suppress = suppression.suppress

    def fails_for_the_first(address_hash: bytes, *, cause: suppression.Cause, **rest: object) -> object:
        if cause.delivery_id == planned.ids[0]:
            raise LookupError("a listener fails over this person")
        return suppress(address_hash, cause=cause, **rest)

    monkeypatch.setattr(suppression, "suppress", fails_for_the_first)
    with pytest.raises(ExceptionGroup):
        reconcile.bury_the_dead()
    assert (Suppression.objects.get().delivery_id, Outcome.objects.get().pk) == (planned.ids[1], planned.ids[1])
    assert names(journals) == ["host-1-dead.journal"]
    monkeypatch.undo()

    assert reconcile.bury_the_dead() == 1
    assert world.states(planned.ids) == {"failed": 2}
    assert (names(journals), Chunk.objects.get().lease_until) == ([], None)
