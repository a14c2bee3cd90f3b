"""A stand-in for one provider's HTTP API (Postmark's), on loopback: it answers as it is told.

    with Postmark() as api:
        api.will(json(422, {"ErrorCode": 300, "Message": "..."}), drop)
        ... api.url ... api.requests

What was not told is answered with success.
"""

import json as json_format
import socket
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


def success(handler):
    number = len(handler.server.api.requests)
    reply = {"ErrorCode": 0, "Message": "OK", "MessageID": f"id-{number}", "To": handler.request_data["To"]}
    json(200, reply)(handler)


def json(status, reply, **headers):
    return raw(status, json_format.dumps(reply).encode(), **headers)


def raw(status, body, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drop(handler):
    """Hang up without a word, after the request has been read."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def hang(handler):
    """Never answer; until the stand-in itself goes."""
    handler.close_connection = True
    handler.server.api.is_over.wait(30)


class Server(ThreadingHTTPServer):
    api: "Postmark"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self):
        api = self.server.api
        self.request_data = json_format.loads(self.rfile.read(int(self.headers["Content-Length"])))
        api.requests.append(self.request_data)
        api.tokens.append(self.headers["X-Postmark-Server-Token"])
        (api.plans.popleft() if api.plans else success)(self)

    def setup(self):
        super().setup()
        self.server.api.connections += 1

    def log_message(self, *words):
        """Say nothing."""


class Postmark:
    def __init__(self):
        self.requests: list[dict] = []
        self.tokens: list[str] = []
        self.plans: deque = deque()
        self.connections = 0
        self.is_over = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def will(self, *plans):
        self.plans.extend(plans)

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)
