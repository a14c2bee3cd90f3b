"""Django's own SMTP backend as the marketing lane, from the environment to the relay's log."""

import json

import pytest

from config import env
from newsletter.deliveries.models import Lane, Later, Outcome, Uncertain
from newsletter.deliveries.sending import slot
from newsletter.models import Suppression
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db(transaction=True)

WHO = {
    "ann": ({"at": "dot", "do": "accept_drop"}, "uncertain", "taken"),
    "bob": ({"at": "dot", "do": "drop"}, "uncertain", "not taken"),
    "cat": ({"at": "rcpt", "do": "drop"}, "uncertain", "not taken"),
    "dan": ({"at": "rcpt", "reply": "550 5.1.1 nobody"}, "failed", "not taken"),
    "eve": ({"at": "rcpt", "reply": "450 4.2.0 later"}, "later", "not taken"),
    "fay": ({"at": "dot", "reply": "554 5.7.1 spam"}, "failed", "not taken"),
    "gus": ({"at": "dot", "reply": "451 4.3.0 later"}, "later", "not taken"),
    "hal": ({"at": "dot", "do": "slow"}, "submitted", "taken"),
}


@pytest.fixture
def lane(settings, tmp_path, monkeypatch):
    """Have marketing leave by Django's backend to this port, as .env says it."""

    def by(port):
        monkeypatch.setenv("MARKETING_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
        monkeypatch.setenv("MARKETING_OPTIONS", json.dumps({"host": "127.0.0.1", "port": port, "timeout": 5}))
        settings.MAILERS, settings.JOURNAL_DIR = env.mailers(smtp={"host": "nowhere.invalid"}), tmp_path
        world.open_clinic()

    return by


def work():
    while slot.run(Lane.MARKETING, seconds=20, should_stop=lambda: False):
        pass


def test_each_mail_ends_as_it_can_be_known_and_whoever_is_beside_it_gets_one(lane):
    faults = [fault | {"recipient": f"{name}@"} for name, (fault, _, _) in WHO.items()]
    people = [name for n, one in enumerate(WHO) for name in (one, f"beside{n}")]
    with SmtpSink({"faults": faults}) as sink:
        lane(sink.port)
        planned = world.plan([world.lead(name) for name in people])
        work()

        became = dict(zip(people, planned.ids, strict=True))
        for name, (_, state, _) in WHO.items():
            assert world.states([became[name]]) == {state: 1}, name
        taken = [name for name in people if WHO.get(name, ("", "", "taken"))[2] == "taken"]
        assert sorted(entry["recipient"].partition("@")[0] for entry in sink.accepted) == sorted(taken)
        assert world.states(planned.ids) == {"submitted": 9, "uncertain": 3, "failed": 2, "later": 2}
        assert Suppression.objects.count() == 1


def test_a_relay_that_is_away_costs_nobody_anything(lane):
    lane(1)
    planned = world.plan(world.leads(3))
    work()

    assert sum(world.states(planned.ids).values()) == 3
    assert (Outcome.objects.count(), Uncertain.objects.count()) == (0, 0)
    assert set(Later.objects.values_list("attempt", flat=True)) == {0}
