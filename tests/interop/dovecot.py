"""Dovecot's authentication protocol, as far as Postfix speaks it: Postfix itself holds no passwords."""

import base64
import os
import socketserver
import threading
from pathlib import Path

from tests.interop.relay import PASSWORD, USERNAME

GREETING = (
    "VERSION\t1\t2",
    "MECH\tPLAIN\tplaintext",
    "MECH\tLOGIN\tplaintext",
    "SPID\t1",
    "CUID\t1",
    f"COOKIE\t{os.urandom(16).hex()}",
    "DONE",
)
ASKS = {0: "Username:", 1: "Password:"}


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say(*GREETING)
        told: dict[str, list[bytes]] = {}
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH" and words[2] == "PLAIN":
                self._judge(words[1], base64.b64decode(_field(words, "resp")).split(b"\0")[1:])
            elif words[0] in {"AUTH", "CONT"}:
                said = told.setdefault(words[1], [])
                if words[0] == "CONT":
                    said.append(base64.b64decode(words[2]))
                if len(said) in ASKS:
                    self._say(f"CONT\t{words[1]}\t{base64.b64encode(ASKS[len(said)].encode()).decode()}")
                else:
                    self._judge(words[1], told.pop(words[1]))

    def _judge(self, number: str, said: list[bytes]) -> None:
        if said == [USERNAME.encode(), PASSWORD.encode()]:
            self._say(f"OK\t{number}\tuser={USERNAME}")
        else:
            self._say(f"FAIL\t{number}\tuser={USERNAME}")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\n" for line in lines).encode())


class Authenticator(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        super().__init__(str(path), Conversation)
        path.chmod(0o666)
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


def _field(words: list[str], name: str) -> str:
    return next(word.removeprefix(f"{name}=") for word in words if word.startswith(f"{name}="))
