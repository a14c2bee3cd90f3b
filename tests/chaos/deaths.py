"""What a sender held when it was killed: connections to a relay, and windows that were marked and not all answered.

A witness in the database notes how far each mark moved, and for whom. What was answered stands in the dead sender's
journal; what was written of it, in the books.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from newsletter.deliveries.journal import SUFFIX
from newsletter.deliveries.models import CHUNK_SIZE

WITNESS = """
    CREATE TABLE IF NOT EXISTS chaos_window (owner text, chunk_id bigint, before integer, mark integer);
    CREATE INDEX IF NOT EXISTS chaos_window_owner ON chaos_window (owner);
    CREATE OR REPLACE FUNCTION chaos_window() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos_window VALUES (NEW.lease_owner, NEW.id, OLD.mark, NEW.mark);
        RETURN NULL;
    END $$;
    CREATE OR REPLACE TRIGGER chaos_window AFTER UPDATE OF mark ON newsletter_chunk
        FOR EACH ROW WHEN (NEW.mark > OLD.mark) EXECUTE FUNCTION chaos_window();
"""
UNWRITTEN = f"""
    SELECT w.mark - w.before, array_agg(d.id) FROM chaos_window w
    JOIN newsletter_delivery d
      ON d.id >= w.chunk_id * {CHUNK_SIZE} + w.before AND d.id < w.chunk_id * {CHUNK_SIZE} + w.mark
    WHERE w.owner = %(owner)s
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
      AND NOT EXISTS (SELECT 1 FROM newsletter_later l WHERE l.delivery_id = d.id)
      AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain q WHERE q.delivery_id = d.id)
    GROUP BY w.chunk_id, w.before, w.mark
    UNION ALL
    SELECT count(*), array_agg(delivery_id) FROM newsletter_later
    WHERE lease_owner = %(owner)s AND marked_at IS NOT NULL HAVING count(*) > 0
"""  # noqa: S608
"""Windows of a chunk by the witness; of later rows there is never more than one."""


class Window(NamedTuple):
    """How many were marked at once, and how many of them had no answer yet."""

    size: int
    unanswered: int


@dataclass(frozen=True)
class Death:
    """One sender's end. Windows are known of those that the harness killed itself, and only such as had unanswered."""

    owner: str
    sockets: int
    windows: tuple[Window, ...] = ()

    @property
    def unanswered(self) -> int:
        return sum(window.unanswered for window in self.windows)


def watch_marks() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WITNESS)


def has_marked(length: int, pid: int) -> bool:
    """Whether this process has marked so long a window at once; any has marked none at all."""
    if not length:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM chaos_window WHERE owner LIKE %s AND mark - before >= %s)",
            [f"%-{pid}-%", length],
        )
        return bool(cursor.fetchone()[0])


def journal_of(pid: int, folder: Path) -> Path:
    """Where this process writes down what it begins; its name is the owner of the leases."""
    found = list((folder / "journal").glob(f"*-{pid}-*{SUFFIX}"))
    if not found:  # it has just ended one, and not begun the next
        raise ProcessLookupError(pid)
    return max(found, key=lambda path: path.stat().st_mtime)


def windows_of(journal: Path) -> tuple[Window, ...]:
    """What this sender has marked and heard no answer to, window by window. It must not be at work meanwhile."""
    lines = [line.split() for line in journal.read_text().splitlines()]
    answered = {int(line[1]) for line in lines if line[0] == "A"}
    with connection.cursor() as cursor:
        cursor.execute(UNWRITTEN, {"owner": journal.stem})
        found = [Window(size, len(set(ids) - answered)) for size, ids in cursor.fetchall()]
    return tuple(window for window in found if window.unanswered)
