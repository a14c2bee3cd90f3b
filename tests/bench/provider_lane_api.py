"""A provider's batch API on loopback that takes everything, a few milliseconds after it was asked.

    python -m tests.bench.provider_lane_api PORT LATENCY_MS

Knows Mailgun's answer to a merge batch and Postmark's to /email/batch, counts the recipients of either, and tells the
count to GET /taken. It reads no more of a request than that takes, so that it costs little beside the sender.
"""

import asyncio
import json
import re
import sys

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
POSTMARK_MAIL = re.compile(rb'"To": ?"((?:[^"\\]|\\.)*)"')
FORM_RECIPIENT = re.compile(rb'name="to"\r\n|(?:^|&)to=')
MAILGUN = b'{"id": "<taken@mg.example>", "message": "Queued. Thank you."}'


class Api:
    def __init__(self, latency: float) -> None:
        self.taken = 0
        self._latency = latency

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                reply = self._answer(head, body)
                if body:
                    await asyncio.sleep(self._latency)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (len(reply), reply)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET "):
            return str(self.taken).encode()
        if b"/email/batch" in head:
            people = POSTMARK_MAIL.findall(body)
            self.taken += len(people)
            return json.dumps([_postmark(person.decode()) for person in people]).encode()
        self.taken += len(FORM_RECIPIENT.findall(body))
        return MAILGUN


def _postmark(person: str) -> dict[str, object]:
    return {"ErrorCode": 0, "Message": "OK", "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d", "To": person}


async def main(port: int, latency: float) -> None:
    server = await asyncio.start_server(Api(latency).serve, "127.0.0.1", port, limit=2**26)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
