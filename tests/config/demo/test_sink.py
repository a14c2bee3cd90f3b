"""The mail server of the demo, spoken to over SMTP."""

import shutil
import smtplib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import ports
from config.embedded.programs import Program, Running
from config.env import BASE_DIR

LETTER = (
    b"From: a@clinic.example\r\nTo: b@reader.example\r\nSubject: Hello\r\n\r\n.\r\n..two dots\r\nlong "
    + b"x" * 900
    + b"\r\n"
)


def sink(directory: Path) -> tuple[Running, int]:
    port = ports.free_port()
    command = (sys.executable, "-m", "config.demo.sink", "--port", str(port), "--directory", str(directory / "inbox"))
    program = Program(
        name="sink",
        command=command,
        log=directory / "sink.log",
        is_ready=lambda: ports.answers(port),
        directory=BASE_DIR,
    )
    running = Running(program)
    running.wait_until_ready()
    return running, port


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[smtplib.SMTP]:
    running, port = sink(tmp_path)
    with smtplib.SMTP("127.0.0.1", port) as found:
        found.ehlo("test.example")
        yield found
    running.stop()
    assert running.exit_code == 0


def kept(directory: Path) -> list[Path]:
    return sorted((directory / "inbox").iterdir())


def test_it_offers_what_fast_senders_use(connection: smtplib.SMTP) -> None:
    assert [name for name in ("pipelining", "8bitmime", "smtputf8") if not connection.has_extn(name)] == []


def test_a_mail_is_one_file_with_its_own_bytes_after_the_envelope(connection: smtplib.SMTP, tmp_path: Path) -> None:
    connection.sendmail("bounce@clinic.example", ["b@reader.example", "c@reader.example"], LETTER)

    (path,) = kept(tmp_path)
    envelope, original = path.read_bytes()[: -len(LETTER)].decode().splitlines(), path.read_bytes()[-len(LETTER) :]
    assert original == LETTER
    assert envelope[:3] == [
        "X-Envelope-From: bounce@clinic.example",
        "X-Envelope-To: b@reader.example",
        "X-Envelope-To: c@reader.example",
    ]
    assert envelope[3].startswith("X-Envelope-At: 20")
    assert len(envelope) == 4
    assert path.stat().st_mode & 0o777 == 0o600


def test_names_sort_by_arrival(connection: smtplib.SMTP, tmp_path: Path) -> None:
    for number in range(3):
        connection.sendmail("a@clinic.example", ["b@reader.example"], b"Subject: %d\r\n\r\n\r\n" % number)

    assert [path.read_bytes().split(b"Subject: ")[1][:1] for path in kept(tmp_path)] == [b"0", b"1", b"2"]


def test_an_address_beyond_ascii_is_kept(connection: smtplib.SMTP, tmp_path: Path) -> None:
    connection.sendmail("a@clinic.example", ["jörg@reader.example"], LETTER, mail_options=["SMTPUTF8"])

    (path,) = kept(tmp_path)
    assert b"X-Envelope-To: =?utf-8?" in path.read_bytes()


def test_a_full_disk_asks_the_sender_to_try_later(small_disk: Path) -> None:
    running, port = sink(small_disk)
    (small_disk / "ballast").write_bytes(bytes(shutil.disk_usage(small_disk).free - 8192))
    with smtplib.SMTP("127.0.0.1", port) as connection, pytest.raises(smtplib.SMTPDataError) as refused:
        connection.sendmail("a@clinic.example", ["b@reader.example"], LETTER * 100)
    running.stop()

    assert refused.value.smtp_code == 452
    assert [path.name for path in kept(small_disk) if path.name.startswith(".")] == []
