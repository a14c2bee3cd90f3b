"""An S3 service with one bucket, in memory: as much of its HTTP as keeping a file takes. It errs when told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MISSING = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>There is no such key.</Message></Error>'
REFUSED = b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Not with this key.</Message></Error>'


class FakeBucket(ThreadingHTTPServer):
    """`files` holds bytes and content types by path, `said` its Cache-Control; `asked` every request as (method, path).

    `refuses`: whatever is asked. `hides`: it says "no" where nothing is, as to a key that may not list.
    `breaks_off`: half of a file comes, and then nothing more.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, tuple[bytes, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.said: dict[str, str] = {}
        self.refuses = self.hides = self.breaks_off = False
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
            self.server.said[self._path()] = self.headers["Cache-Control"]
            self._answer(200)

    def do_GET(self) -> None:
        if not self._is_welcome():
            return
        if self._path() in self.server.files:
            content, kind = self.server.files[self._path()]
            self._answer(200, content, kind)
        elif self.server.hides:
            self._answer(403, REFUSED)
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
            self.wfile.write(content[: len(content) // 2] if self.server.breaks_off else content)
            self.close_connection = self.server.breaks_off
