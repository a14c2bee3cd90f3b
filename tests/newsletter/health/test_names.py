"""The domain's set-up, looked up from a name server that stands in for the world's."""

import socketserver
import struct
import threading
from collections.abc import Iterator

import pytest

from newsletter.health import names, resolver
from tests.newsletter.deliveries import world

RECORDS = {
    "news.harbour.example": ["v=spf1 include:spf.provider.example -all", "something else"],
    "_dmarc.harbour.example": ["v=DMARC1; p=none"],
    "s1._domainkey.news.harbour.example": ["v=DKIM1; p=" + "A" * 400],
}


class NameServer(socketserver.ThreadingTCPServer):
    records: dict[str, list[str]]


class Answering(socketserver.StreamRequestHandler):
    server: NameServer

    def handle(self) -> None:
        (length,) = struct.unpack("!H", self.rfile.read(2))
        asked = self.rfile.read(length)
        end = asked.index(b"\0", 12) + 1
        name, place = [], 12
        while asked[place]:
            name.append(asked[place + 1 : place + 1 + asked[place]].decode())
            place += asked[place] + 1
        found = self.server.records.get(".".join(name))
        flags = 0x8180 if found is not None else 0x8183
        head = asked[:2] + struct.pack("!5H", flags, 1, len(found or []), 0, 0)
        said = head + asked[12 : end + 4] + b"".join(map(_record, found or []))
        self.wfile.write(struct.pack("!H", len(said)) + said)


def _record(text: str) -> bytes:
    parts = [text[n : n + 255].encode() for n in range(0, len(text), 255)]
    data = b"".join(bytes([len(part)]) + part for part in parts)
    return b"\xc0\x0c" + struct.pack("!HHIH", resolver.TXT, 1, 60, len(data)) + data


@pytest.fixture
def records(monkeypatch) -> Iterator[dict[str, list[str]]]:
    with NameServer(("127.0.0.1", 0), Answering) as server:
        server.records = dict(RECORDS)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setattr(resolver, "PORT", server.server_address[1])
        monkeypatch.setattr(resolver, "name_servers", lambda: ["127.0.0.1"])
        yield server.records
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def clinic(db):
    return world.open_clinic()


def test_long_records_are_put_together_and_a_name_that_is_not_there_has_none(records):
    assert resolver.texts("s1._domainkey.news.harbour.example") == RECORDS["s1._domainkey.news.harbour.example"]
    assert resolver.texts("nowhere.example") == []


def test_a_domain_that_is_set_up_gives_no_cause(records):
    assert names.findings(["s1"]) == []


def test_what_is_missing_is_named(records):
    records.clear()

    assert [finding.what for finding in names.findings(["s1"])] == [
        "news.harbour.example has 0 SPF records; it needs exactly one.",
        "news.harbour.example has no DMARC record; large mailbox providers want one.",
        "There is no DKIM key at s1._domainkey.news.harbour.example.",
    ]


def test_who_cannot_look_up_says_so_and_finds_nothing_wrong(monkeypatch):
    monkeypatch.setattr(resolver, "name_servers", lambda: ["127.0.0.1"])
    monkeypatch.setattr(resolver, "PORT", 1)

    (finding,) = names.findings(["s1"])

    assert finding.what.startswith("The set-up of news.harbour.example could not be looked up: 127.0.0.1: ")
    assert finding.level == "note"
