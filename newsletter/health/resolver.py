"""Ask this machine's name server for TXT records: one question over TCP, a few seconds, nothing kept."""

import secrets
import socket
import struct
from pathlib import Path

TXT = 16
NO_SUCH_NAME = 3
SECONDS = 3.0
PORT = 53
CONFIGURED = Path("/etc/resolv.conf")
POINTER = 0xC0


class Unreachable(Exception):
    """Nobody could be asked, or the answer makes no sense."""


def texts(name: str) -> list[str]:
    """The name's TXT records; none also when there is no such name. Raises Unreachable."""
    said = "no name server is configured"
    for server in name_servers():
        try:
            return _read(_ask(server, name))
        except (OSError, struct.error, IndexError, UnicodeError, EOFError) as error:
            said = f"{server}: {error or 'no sense in the answer'}"
    raise Unreachable(said)


def name_servers() -> list[str]:
    lines = CONFIGURED.read_text().splitlines() if CONFIGURED.exists() else []
    parts = [line.split() for line in lines if line.startswith("nameserver")]
    return [words[1] for words in parts if len(words) > 1]


def _ask(server: str, name: str) -> bytes:
    labels = [label.encode("idna") for label in name.rstrip(".").split(".")]
    asked = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    question = struct.pack("!6H", secrets.randbelow(65536), 0x0100, 1, 0, 0, 0) + asked + struct.pack("!2H", TXT, 1)
    with socket.create_connection((server, PORT), SECONDS) as connection, connection.makefile("rb") as stream:
        connection.sendall(struct.pack("!H", len(question)) + question)
        (length,) = struct.unpack("!H", _exactly(stream.read(2), 2))
        answer = _exactly(stream.read(length), length)
    if answer[:2] != question[:2]:
        raise OSError("an answer to another question")
    return answer


def _exactly(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise EOFError("the answer ended early")
    return data


def _read(answer: bytes) -> list[str]:
    flags, questions, answers = struct.unpack("!3H", answer[2:8])
    if flags & 0xF == NO_SUCH_NAME:
        return []
    if flags & 0xF:
        raise OSError(f"the name server answers {flags & 0xF}")
    place = 12
    for _question in range(questions):
        place = _after_name(answer, place) + 4
    found = []
    for _answer in range(answers):
        place = _after_name(answer, place)
        kind, length = struct.unpack("!H6xH", answer[place : place + 10])
        place += 10
        if kind == TXT:
            found.append(_joined(answer[place : place + length]))
        place += length
    return found


def _after_name(answer: bytes, place: int) -> int:
    while (size := answer[place]) and size < POINTER:
        place += size + 1
    return place + (2 if size >= POINTER else 1)


def _joined(strings: bytes) -> str:
    """A record is a row of strings, each after its length, that belong together."""
    place, parts = 0, []
    while place < len(strings):
        parts.append(strings[place + 1 : place + 1 + strings[place]])
        place += 1 + strings[place]
    return b"".join(parts).decode(errors="replace")
