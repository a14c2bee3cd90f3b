"""A sender to be killed: one process, our SMTP client, a journal that is a file.

python -m tests.fakes.smtp_victim PORT JOURNAL PID_FILE CONNECTIONS KEY KEY ...
"""

import os
import sys
from pathlib import Path

from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions


class FileJournal:
    def __init__(self, path: str):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def begin(self, key: int) -> None:
        os.write(self.file, b"B %d\n" % key)

    def answered(self, key: int, code: int) -> None:
        os.write(self.file, b"A %d %d\n" % (key, code))


def finished(key: int) -> FinishedMail:
    content = f"Message-ID: <{key}@clinic.example>\r\nX-Delivery: {key}\r\n\r\n".encode() + b"Hello\r\n" * 2000
    return FinishedMail(key, "clinic@clinic.example", f"lead{key}@reader.example", content)


def main() -> None:
    port, journal, pid_file, connections, *keys = sys.argv[1:]
    Path(pid_file).write_text(str(os.getpid()))
    client = SmtpClient(SmtpOptions("127.0.0.1", int(port), connections=int(connections)))
    mails = (finished(int(key)) for key in keys)
    for _ in client.send(mails, journal=FileJournal(journal)):
        pass
    client.close()


if __name__ == "__main__":
    main()
