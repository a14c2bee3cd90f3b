import contextlib
import fcntl
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.deliveries import journal
from newsletter.deliveries.journal import FileJournal

WRITER = """
import sys, time
from pathlib import Path
from newsletter.deliveries.journal import FileJournal
written = FileJournal(Path(sys.argv[1]))
for key in (1, 2, 3):
    written.begin(key)
written.answered(1, 250)
written.answered(2, 451)
sys.stdout.write("ready\\n")
sys.stdout.flush()
time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_killed_sender_leaves_what_it_began_and_what_was_answered(writer, tmp_path: Path):
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()

    (found,) = journal.left_behind(tmp_path)

    assert found.begun == {1, 2, 3}
    assert found.answers == {1: 250, 2: 451}
    assert found.same_boot is True
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_read_is_told_of_and_keeps_no_other_from_it(writer, tmp_path: Path, caplog):
    (tmp_path / "a-folder.journal").mkdir()
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()

    (found,) = journal.left_behind(tmp_path)

    assert found.begun == {1, 2, 3}
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "A sender's journal cannot be read, and what it tells stays in doubt"
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["a-folder.journal"]


def test_a_living_senders_journal_is_not_touched(writer, tmp_path: Path):
    assert list(journal.left_behind(tmp_path)) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_a_frozen_sender_is_alive(writer, tmp_path: Path):
    os.kill(writer.pid, signal.SIGSTOP)

    assert list(journal.left_behind(tmp_path)) == []


def test_a_clean_end_leaves_nothing(tmp_path: Path):
    with FileJournal(tmp_path) as written:
        written.begin(1)

    assert list(tmp_path.iterdir()) == []


def test_what_was_committed_is_forgotten(tmp_path: Path):
    with contextlib.suppress(ConnectionError), FileJournal(tmp_path) as written:
        written.begin(1)
        written.answered(1, 250)
        written.forget()
        written.begin(2)
        raise ConnectionError

    (found,) = journal.left_behind(tmp_path)
    assert found.begun == {2}
    assert found.answers == {}


def test_a_half_written_answer_is_no_answer(tmp_path: Path):
    (tmp_path / "host-1-x.journal").write_text(f"boot {journal.boot()}\nB 12\nA 12 2")

    (found,) = journal.left_behind(tmp_path)

    assert found.begun == {12}
    assert found.answers == {}


def test_a_beginning_without_its_line_end_counts(tmp_path: Path):
    (tmp_path / "host-1-x.journal").write_text(f"boot {journal.boot()}\nB 12\nB 13")

    (found,) = journal.left_behind(tmp_path)

    assert found.begun == {12, 13}


def test_after_another_boot_nothing_is_known_not_to_have_begun(tmp_path: Path):
    (tmp_path / "host-1-x.journal").write_text("boot another\nA 1 250\n")

    (found,) = journal.left_behind(tmp_path)

    assert (found.same_boot, found.answers) == (False, {1: 250})


def test_a_journal_that_goes_while_others_are_looked_at_is_passed_over(tmp_path: Path):
    (tmp_path / "host-1-a.journal").write_text(f"boot {journal.boot()}\n")
    (tmp_path / "host-2-b.journal").write_text(f"boot {journal.boot()}\n")

    found = journal.left_behind(tmp_path)
    owners = [next(found).owner]
    (tmp_path / "host-2-b.journal").unlink()
    owners += [one.owner for one in found]

    assert owners == ["host-1-a"]


def test_a_journal_that_is_only_being_made_is_nobodys_yet(tmp_path: Path, monkeypatch):
    """Somebody who looks after the dead may come by between a journal's making and its locking."""
    lock = fcntl.flock
    seen: list[journal.Found] = []

    def look_first(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX:
            monkeypatch.setattr(fcntl, "flock", lock)
            seen.extend(journal.left_behind(tmp_path))
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", look_first)
    written = FileJournal(tmp_path)
    left = [path.name for path in tmp_path.iterdir()]
    with written:
        pass

    assert seen == []
    assert left == [f"{written.owner}.journal"]


@pytest.fixture
def limit():
    """How large a file may become, as on a disk that fills up; lifted afterwards."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size or before[0], before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_after_a_line_that_could_not_be_written_whole_nothing_more_begins(tmp_path: Path, limit):
    """Several threads write it: while one is told of the full disk, another must not begin behind the broken line."""
    noted = []
    with contextlib.suppress(ConnectionError), FileJournal(tmp_path) as written:
        (path,) = tmp_path.iterdir()
        written.begin(11)
        limit(path.stat().st_size + len("B 12"))
        for key in (12, 678):
            with contextlib.suppress(OSError):
                written.begin(key)
                noted.append(key)
            limit(None)
        raise ConnectionError

    (found,) = journal.left_behind(tmp_path)
    assert noted == []
    assert found.begun == {11, 12}


@pytest.mark.parametrize(
    "torn", [b"B 1\x00\x00\x00", b"B 1\xff\xfe", b"A 12 2\x00\n", b"\x00\x00\x00", b"B x\nA y 250\n"]
)
def test_what_a_crash_made_illegible_is_passed_over(tmp_path: Path, torn: bytes):
    (tmp_path / "host-1-x.journal").write_bytes(b"boot another\nB 12\nA 12 250\n" + torn)

    (found,) = journal.left_behind(tmp_path)

    assert found.begun == {12}
    assert found.answers == {12: 250}


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_one_that_cannot_be_begun_leaves_no_file_behind_and_none_open(tmp_path: Path, limit):
    before = open_files()

    limit(3)
    with pytest.raises(OSError, match="disk is full"):
        FileJournal(tmp_path)
    limit(None)

    assert list(tmp_path.iterdir()) == []
    assert open_files() == before


def test_one_that_cannot_be_removed_is_closed_all_the_same(tmp_path: Path, monkeypatch):
    before = open_files()

    def read_only(*args: object, **kwargs: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(PermissionError), FileJournal(tmp_path):
        pass

    assert open_files() == before


def test_what_a_sender_was_killed_over_making_is_cleared_away_once_it_is_old(tmp_path: Path):
    for name in ("old.new", "young.new", "held.new"):
        (tmp_path / name).touch()
    for name in ("old.new", "held.new"):
        os.utime(tmp_path / name, (0, 0))

    with (tmp_path / "held.new").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert list(journal.left_behind(tmp_path)) == []

        assert sorted(path.name for path in tmp_path.iterdir()) == ["held.new", "young.new"]
