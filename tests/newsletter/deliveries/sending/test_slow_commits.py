"""A database that takes long to commit: what it has committed leaves, and a hold that was set meanwhile counts."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection

from newsletter.deliveries.admission import gate, letters
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.models import Lane
from newsletter.deliveries.sending import slot, windows
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db(transaction=True)

SHORT, LONG = 0.3, 0.6
A_HOLD = "INSERT INTO newsletter_hold (reason, scope, cause, since) VALUES ('Wait', 'all', 'staff', now());"
WITH_A_HOLD = f"IF TG_TABLE_NAME = 'newsletter_chunk' THEN IF NEW.mark = 6 THEN {A_HOLD} END IF; END IF;"
"""In the second window: the connection to the relay is open, and a mail could begin at once."""


@contextmanager
def commits_that_take_long(meanwhile: str = "") -> Iterator[None]:
    """Every mark is committed late, together with what happened meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep({LONG}); {meanwhile} RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE OF mark ON newsletter_chunk
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.mark > OLD.mark) EXECUTE FUNCTION slow_commit();
            CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE OF marked_at ON newsletter_later
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit();
        """)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION slow_commit() CASCADE")


@pytest.fixture
def submitted(settings, tmp_path, monkeypatch) -> Callable[[AbstractContextManager[None]], dict[str, int]]:
    """What becomes of six mails, three to a window, where looks are good for less time than a commit takes."""
    settings.JOURNAL_DIR = tmp_path
    for module, name in ((gate, "FRESH"), (letters, "BEGUN"), (windows, "HOLD_SECONDS")):
        monkeypatch.setattr(module, name, SHORT)
    world.open_clinic()

    def run(trouble: AbstractContextManager[None]) -> dict[str, int]:
        planned = world.plan(world.leads(6))
        with SmtpSink() as sink, trouble:
            where = {"host": "127.0.0.1", "port": sink.port, "connections": 1}
            settings.MAILERS = {"first": {"BACKEND": "newsletter.deliveries.transport.smtp.Backend", "OPTIONS": where}}
            settings.LANES = {Lane.MARKETING: LaneOptions("first", window=3)}
            slot.run(Lane.MARKETING, seconds=8, should_stop=lambda: False)
            assert len(sink.accepted) == world.states(planned.ids).get("submitted", 0)
        return world.states(planned.ids)

    return run


def test_what_was_committed_late_leaves(submitted):
    assert submitted(commits_that_take_long()) == {"submitted": 6}


@pytest.mark.parametrize("ahead", [True, False])
def test_a_hold_that_was_set_during_a_long_commit_lets_nothing_of_its_window_leave(submitted, monkeypatch, ahead):
    if not ahead:
        monkeypatch.setattr(windows, "QUICK", 0.0)
    assert submitted(commits_that_take_long(WITH_A_HOLD)) == {"submitted": 3, "later": 3}
