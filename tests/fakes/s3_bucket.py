"""An S3 service with one bucket, in memory: as much of its HTTP as keeping a file takes. It refuses when told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MISSING = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>There is no such key.</Message></Error>'
REFUSED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Not with this key.</Message></Error>'


class FakeBucket(ThreadingHTTPServer):
    """`files` holds bytes and content types by path; `asked` every request as (method, path)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, tuple[bytes, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.refuses = False
        self.url = f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def running(self) -> Iterator["FakeBucket"]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeBucket

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self._is_welcome():
            self.server.files[self._path()] = content, self.headers["Content-Type"]
            self._answer(200)

    def do_GET(self) -> None:
        if not self._is_welcome():
            return
        if self._path() in self.server.files:
            content, kind = self.server.files[self._path()]
            self._answer(200, content, kind)
        else:
            self._answer(404, MISSING)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if self._is_welcome():
            self.server.files.pop(self._path(), None)
            self._answer(204)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _is_welcome(self) -> bool:
        self.server.asked.append((self.command, self._path()))
        is_signed = "AWS4-HMAC-SHA256 Credential=key-name/" in self.headers.get("Authorization", "")
        if self.server.refuses or not is_signed:
            self._answer(403, REFUSED)
            return False
        return True

    def _answer(self, status: int, content: bytes = b"", kind: str = "application/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", kind)
        self.send_header("ETag", '"tag"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
