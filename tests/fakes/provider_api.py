"""A stand-in for providers' HTTP APIs, on loopback: Postmark's, Resend's, Mailgun's, Brevo's and Amazon's.

    with ProviderApi() as api:
        api.will(json(422, {"ErrorCode": 300, "Message": "..."}), drop)
        ... api.url ... api.requests ... api.mails

What was not told is answered with success, in the words of the provider whose address was asked. `mails` are the
single mails that it took, as their recipients would have them: (provider, delivery, to, subject, text, html, headers).
With a `log`, each mail's delivery is written there before the answer leaves.
"""

import email
import email.policy
import json as json_format
import os
import re
import socket
import sys
import threading
import time
from base64 import b64decode
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Taken:
    """One mail that the stand-in took."""

    delivery: str
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)


def success(handler):
    api = handler.server.api
    key = handler.headers["Idempotency-Key"] or _brevo_key(handler.request_data)
    if key and key in api.known:
        known_body, reply = api.known[key]
        same = known_body == handler.body
        json(200, reply)(handler) if same else json(409, {"name": "invalid_idempotent_request"})(handler)
        return
    taken = _taken(handler)
    api.take(taken)
    reply = _reply(handler, taken)
    if key:
        api.known[key] = handler.body, reply
    json(200, reply)(handler)


def taking(*then):
    """Take what the request says, then do something else than say so."""

    def answer(handler):
        plain = dict(handler.server.api.known)
        handler.server.api.take(_taken(handler))
        key = handler.headers["Idempotency-Key"] or _brevo_key(handler.request_data)
        if key and key not in plain:
            handler.server.api.known[key] = handler.body, _reply(handler, _taken(handler))
        for act in then:
            act(handler)

    return answer


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
    handler.server.api.is_over.wait(60)


def _brevo_key(data):
    return data.get("headers", {}).get("idempotencyKey") if isinstance(data, dict) and "sender" in data else None


def _reply(handler, taken):
    number = len(handler.server.api.requests)
    match handler.path.strip("/").split("/"):
        case ["email", "batch"]:
            return [_postmark(f"id-{number}-{place}", mail.to) for place, mail in enumerate(taken, 1)]
        case ["email"]:
            return _postmark(f"id-{number}", taken[0].to)
        case ["emails", "batch"]:
            return {"data": [{"id": f"id-{number}-{place}"} for place, _ in enumerate(taken, 1)]}
        case ["emails"] | ["v2", *_]:
            return {"id": f"id-{number}", "MessageId": f"id-{number}"}
        case ["smtp", "email"]:
            return {"messageId": f"<{number}@brevo.example>"}
        case _:
            return {"id": f"<{number}@mailgun.example>", "message": "Queued. Thank you."}


def _postmark(number, to):
    return {"ErrorCode": 0, "Message": "OK", "MessageID": number, "To": to}


def _taken(handler):
    data = handler.request_data
    match handler.path.strip("/").split("/"):
        case ["email", *_]:
            return [_of_postmark(one) for one in (data if isinstance(data, list) else [data])]
        case ["emails", *_]:
            return [_of_resend(one) for one in (data if isinstance(data, list) else [data])]
        case ["smtp", "email"]:
            return [_of_brevo(data)]
        case ["v2", "email", "outbound-emails"]:
            return [_of_amazon(data)]
        case _:
            return [_of_mailgun(data, to) for to in data["to"]]


def _of_postmark(one):
    headers = {header["Name"]: header["Value"] for header in one.get("Headers", [])}
    said = (one["Metadata"]["delivery"], one["To"], one["Subject"], one["TextBody"], one["HtmlBody"])
    return Taken(*said, headers | {"From": one["From"], "Reply-To": one.get("ReplyTo", "")})


def _of_resend(one):
    headers = dict(one["headers"])
    delivery = json_format.loads(headers.pop("X-Metadata"))["delivery"]
    said = (delivery, one["to"][0], one["subject"], one["text"], one["html"])
    return Taken(*said, headers | {"From": one["from"], "Reply-To": ", ".join(one.get("reply_to", []))})


def _of_brevo(one):
    headers = dict(one["headers"])
    headers.pop("idempotencyKey", None)
    delivery = json_format.loads(headers.pop("X-Mailin-custom"))["delivery"]
    said = (delivery, one["to"][0]["email"], one["subject"], one["textContent"], one["htmlContent"])
    sender = f"{one['sender'].get('name', '')} <{one['sender']['email']}>"
    return Taken(*said, headers | {"From": sender, "Reply-To": one.get("replyTo", {}).get("email", "")})


def _of_amazon(one):
    """What is in the finished mail; to whom it goes stands beside it."""
    read = email.message_from_bytes(b64decode(one["Content"]["Raw"]["Data"]), policy=email.policy.default)
    text, html = (read.get_body([kind]) for kind in ("plain", "html"))
    said = (read["Subject"], text.get_content() if text else "", html.get_content() if html else "")
    delivery = json_format.loads(read["X-Metadata"])["delivery"]
    return Taken(delivery, one["Destination"]["ToAddresses"][0], *said, dict(read.items()))


def _of_mailgun(data, to):
    """Fill in %recipient.…% as Mailgun says it does."""
    variables = json_format.loads(data["recipient-variables"][0]).get(to, {}) if "recipient-variables" in data else {}

    def filled(text):
        return re.sub(r"%recipient\.([^%]+)%", lambda found: str(variables.get(found[1], "")), text)

    fields = {name: filled(values[0]) for name, values in data.items()}
    headers = {name[2:].title(): value for name, value in fields.items() if name.startswith("h:")}
    said = (fields["v:delivery"], to, fields["subject"], fields["text"], fields["html"])
    return Taken(*said, headers | {"From": fields["from"]})


class Server(ThreadingHTTPServer):
    api: "ProviderApi"
    daemon_threads = True
    request_queue_size = 64


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_POST(self):
        api = self.server.api
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        is_form = "form" in self.headers["Content-Type"]
        self.request_data = parse_qs(self.body.decode()) if is_form else json_format.loads(self.body)
        with api.lock:
            api.requests.append(self.request_data)
            api.bodies.append(self.body)
            api.keys.append(self.headers["Idempotency-Key"])
            api.tokens.append(self.headers["X-Postmark-Server-Token"])
            plan = api.plans.popleft() if api.plans else success
        if api.latency:
            time.sleep(api.latency)
        plan(self)

    def do_GET(self):
        api = self.server.api
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        with api.lock:
            api.searches.append(asked)
            plan = api.search_plans.popleft() if api.search_plans else found_here
        self.asked = asked
        plan(self)

    def setup(self):
        super().setup()
        with self.server.api.lock:
            self.server.api.connections += 1

    def log_message(self, *words):
        """Say nothing."""


def found_here(handler):
    """Postmark's search: what this stand-in took for the recipient."""
    mails = [mail for mail in handler.server.api.mails if mail.to == handler.asked["recipient"]]
    messages = [{"MessageID": f"found-{mail.delivery}", "Metadata": {"delivery": mail.delivery}} for mail in mails]
    json(200, {"TotalCount": len(messages), "Messages": messages})(handler)


class ProviderApi:
    def __init__(self, *, latency: float = 0, log: Path | None = None) -> None:
        self.requests: list = []
        self.bodies: list[bytes] = []
        self.keys: list[str | None] = []
        self.tokens: list[str | None] = []
        self.mails: list[Taken] = []
        self.searches: list[dict[str, str]] = []
        self.known: dict[str, tuple[bytes, object]] = {}
        self.plans: deque = deque()
        self.search_plans: deque = deque()
        self.connections = 0
        self.latency = latency
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND) if log else None
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.api = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def will(self, *plans):
        self.plans.extend(plans)

    def take(self, mails):
        with self.lock:
            self.mails.extend(mails)
        if self.log is not None:
            os.write(self.log, "".join(f"{mail.delivery}\n" for mail in mails).encode())

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.is_over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(60)
        if self.log is not None:
            os.close(self.log)


def main(log: str, latency: str) -> None:
    """Run as a program: print the address, take mails until standard input ends."""
    with ProviderApi(latency=float(latency), log=Path(log)) as api:
        sys.stdout.write(api.url + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
