"""The mail server of the demo: takes every mail, delivers none, keeps each as a file.

A file holds the envelope as X-Envelope-* lines and then the mail's own bytes, untouched. It appears under its
name in one step, and names sort by arrival. Whoever reads the folder never sees half a mail.
"""

import argparse
import asyncio
import errno
import logging
import os
import secrets
import signal
from datetime import UTC, datetime
from email.header import Header
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

logger = logging.getLogger(__name__)

ACCEPTED = "250 2.0.0 Kept as {name}"
FULL = "452 4.3.1 The disk is full"


class Keeper:
    """What the SMTP server asks when something arrives."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        try:
            name = keep(envelope, directory=self.directory)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            logger.exception("A mail could not be kept.")
            return FULL
        return ACCEPTED.format(name=name)


def keep(envelope: Envelope, *, directory: Path) -> str:
    """Write the mail down and return its file's name."""
    arrived_at = datetime.now(UTC)
    name = f"{arrived_at:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
    draft = directory / f".{name}"
    body = envelope.original_content or b""
    try:
        draft.write_bytes(_envelope_lines(envelope, arrived_at=arrived_at) + body)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    draft.rename(directory / name)
    return name


def _envelope_lines(envelope: Envelope, *, arrived_at: datetime) -> bytes:
    facts = [("X-Envelope-From", envelope.mail_from or "")]
    facts += [("X-Envelope-To", recipient) for recipient in envelope.rcpt_tos]
    facts += [("X-Envelope-At", arrived_at.isoformat())]
    return b"".join(f"{name}: {_ascii(value)}\r\n".encode() for name, value in facts)


def _ascii(value: str) -> str:
    return value if value.isascii() else Header(value, "utf-8").encode()


async def serve(directory: Path, *, port: int) -> None:
    """Take mail on this loopback port until told to stop."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    server = await loop.create_server(
        lambda: SMTP(Keeper(directory), enable_SMTPUTF8=True, hostname="demo.invalid", loop=loop),
        host="127.0.0.1",
        port=port,
    )
    async with server:
        await stopping.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    os.umask(0o077)
    options.directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(options.directory, port=options.port))


if __name__ == "__main__":
    main()
