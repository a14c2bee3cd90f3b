"""kill -9 of a real sender in the middle of calls to a provider: nobody gets two, nobody is forgotten.

The stand-in kills the sender, and keeps what it took. What the sender was doing is settled by its journal, and after
that by the provider: Postmark's records, or Resend's keys. Mailgun has neither, and a person decides.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.clock import database_now
from newsletter.deliveries.admission import revisions
from newsletter.deliveries.models import Breaker, Chunk, Later, Uncertain
from newsletter.deliveries.settling import asking, reconcile
from tests.chaos.arena import PATIENCE, environment
from tests.fakes.provider_api import ProviderApi, drop, success, taking
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES = 300
WINDOW = 200
KEYS = {"postmark": "server_token", "resend": "api_key", "mailgun": "api_key"}
COMMAND = [sys.executable, "manage.py", "send", "--lane", "marketing", "--drain"]


class Scene:
    """A provider's stand-in, and one sender process after another."""

    def __init__(self, name: str, api: ProviderApi, folder: Path) -> None:
        self.api = api
        self.mailer = {
            "BACKEND": f"anymail.backends.{name}.EmailBackend",
            "OPTIONS": {KEYS[name]: "token", "api_url": api.url, "timeout": 5},
        }
        self.environ = environment(9, folder, window=WINDOW) | {
            "MARKETING_BACKEND": self.mailer["BACKEND"],
            "MARKETING_OPTIONS": json.dumps(self.mailer["OPTIONS"]),
        }
        self.processes: list[subprocess.Popen] = []

    def run(self) -> int:
        self.processes.append(subprocess.Popen(COMMAND, env=self.environ))
        return self.processes[-1].wait(PATIENCE)

    def kill(self, handler: object) -> None:
        self.processes[-1].kill()
        self.processes[-1].wait()

    def taken(self) -> Counter[int]:
        return Counter(int(mail.delivery) for mail in self.api.mails)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
def scene(settings, tmp_path: Path) -> Iterator:
    world.open_clinic()
    revisions.letter.cache_clear()
    made: list[Scene] = []

    def through(name: str, api: ProviderApi) -> Scene:
        made.append(Scene(name, api, tmp_path))
        settings.MAILERS = {"marketing": made[-1].mailer}
        settings.JOURNAL_DIR = tmp_path / "journal"
        return made[-1]

    yield through
    for one in made:
        one.end()


def let_time_pass() -> None:
    """What waits, or rests because a busy machine answered too late, may be tried again."""
    past = database_now() - timedelta(seconds=1)
    Later.objects.update(due_at=past)
    Chunk.objects.filter(done=False).update(due_at=past)
    Breaker.objects.all().delete()


def before_taking(scene):
    def act(handler):
        scene.kill(handler)
        drop(handler)

    return act


def after_taking(scene):
    return taking(scene.kill, drop)


def after_the_answer(scene):
    def act(handler):
        success(handler)
        scene.kill(handler)

    return act


CASES = [
    ("postmark", before_taking),
    ("postmark", after_taking),
    ("resend", before_taking),
    ("resend", after_taking),
    ("resend", after_the_answer),
]


@pytest.mark.parametrize(("name", "point"), CASES)
def test_a_sender_killed_in_a_call_leaves_no_doubt_that_the_provider_cannot_settle(scene, name, point):
    planned = world.plan(world.leads(DELIVERIES))
    with ProviderApi(latency=0.02) as api:
        made = scene(name, api)
        api.will(success, point(made))

        assert made.run() == -9
        reconcile.bury_the_dead()  # the next sender would ask the provider in the same breath
        in_doubt = set(Uncertain.objects.values_list("delivery_id", flat=True))
        would_get_two = in_doubt & set(made.taken())
        assert made.run() == 0
        for minutes in (16, 47):
            for _ in range(0, DELIVERIES, asking.MOST_AT_ONCE):
                asking.settle(database_now() + timedelta(minutes=minutes))
        let_time_pass()
        assert made.run() == 0

        assert made.taken() == Counter(planned.ids)
    assert world.states(planned.ids) == {"submitted": DELIVERIES}
    assert len(in_doubt) <= WINDOW
    if point is after_taking:
        assert would_get_two  # whoever sends again on a guess mails these twice


def test_where_the_provider_tells_nothing_the_doubts_stay(scene):
    planned = world.plan(world.leads(DELIVERIES))
    with ProviderApi() as api:
        made = scene("mailgun", api)
        api.will(after_taking(made))

        assert made.run() == -9
        assert made.run() == 0
        in_doubt = set(Uncertain.objects.values_list("delivery_id", flat=True))
        asking.settle(database_now() + timedelta(minutes=16))

        assert max(made.taken().values()) == 1
        assert set(made.taken()) | in_doubt == set(planned.ids)
    assert world.states(planned.ids) == {"submitted": DELIVERIES - len(in_doubt), "uncertain": len(in_doubt)}
    assert 0 < len(in_doubt) <= WINDOW
