"""One client's session with the SMTP sink."""

import asyncio
import base64
import re
import ssl
import time
from typing import Any

from tests.fakes.smtp_faults import Fault, Rules

END_OF_BODY = b"\r\n.\r\n"
MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)
OWN_HEADER = re.compile(rb"^(x-[a-z0-9-]+):[ \t]*(.*?)\r?$", re.IGNORECASE | re.MULTILINE)
SLOW = 0.0005  # seconds between two bytes


class Session(asyncio.Protocol):
    """Speaks as the rules say; `keep` is called with each mail before it is acknowledged."""

    sender: str | None
    recipient: str | None
    parameters: list[str]
    is_granted: bool  # DATA gets a 354 although the recipient was refused

    def __init__(self, rules: Rules, keep, number: int, tls: ssl.SSLContext | None = None):
        self.rules, self.keep, self.number, self.tls = rules, keep, number, tls
        self.transport: Any = None
        self.peer = 0  # the port of the other end
        self.buffer = bytearray()
        self.searched = 0
        self.is_silent = False  # hangs, or is busy saying something slowly
        self.wants: Any = None  # who takes the next line, if it is not a command
        self.is_in_body = False
        self.is_signed_in = False
        self.has_quit = False
        self.spoke_early = 0  # commands that came before the reply to the one before, unannounced
        self.offered: list[tuple[str, float]] = []  # every RCPT, and when
        self.unheard = ""  # who was refused, while the client has not shown that it knows
        self.heard: list[tuple[str, float]] = []  # who was refused, and when the client went on to the next
        self.tasks: set[asyncio.Task] = set()
        self._forget_mail()

    def connection_made(self, transport):
        self.transport = transport
        self.peer = transport.get_extra_info("peername")[1]
        self._answer("banner", "220 sink.test ESMTP")

    def connection_lost(self, exc):
        self.is_silent = True

    def data_received(self, data):
        self.buffer += data
        self._go_on()

    def _go_on(self):
        while not self.is_silent and not self.transport.is_closing():
            if self.is_in_body:
                if not self._take_body():
                    return
            elif not self._take_line():
                return

    def _take_line(self) -> bool:
        end = self.buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end]).rstrip(b"\r").decode("utf-8", "replace")
        del self.buffer[: end + 1]
        if self.buffer and not self.rules.pipelining:
            self.spoke_early += 1
        if self.wants:
            listener, self.wants = self.wants, None
            listener(line)
            return True
        verb = line.split(" ", 1)[0].upper()
        getattr(self, f"_verb_{verb.lower()}", self._unknown)(line)
        return True

    # Verbs

    def _unknown(self, line):
        self._say("500 5.5.2 what?")

    def _verb_ehlo(self, line):
        offers = ["sink.test"]
        offers += ["PIPELINING"] if self.rules.pipelining else []
        offers += ["8BITMIME"] if self.rules.eight_bit else []
        offers += ["SMTPUTF8"] if self.rules.utf8 else []
        offers += [f"SIZE {self.rules.size}"] if self.rules.size else []
        is_clear = self.transport.get_extra_info("sslcontext") is None
        offers += ["STARTTLS"] if self.tls and is_clear else []
        offers += [f"AUTH {self.rules.auth}"] if self.rules.auth else []
        lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
        self._answer("ehlo", "\r\n".join(lines))

    def _verb_starttls(self, line):
        if self._answer("starttls", "220 2.0.0 go ahead"):
            self.is_silent = True
            self._later(self._change_to_tls())

    async def _change_to_tls(self):
        loop = asyncio.get_running_loop()
        assert self.tls is not None
        self.transport = await loop.start_tls(self.transport, self, self.tls, server_side=True)
        self.is_silent = False
        self._go_on()

    def _verb_auth(self, line):
        words = line.split()
        if words[1].upper() == "PLAIN":
            self._check(*base64.b64decode(words[2]).decode().split("\0")[1:])
        else:
            self._say("334 VXNlcm5hbWU6")
            self.wants = self._hear_name

    def _hear_name(self, name):
        self._say("334 UGFzc3dvcmQ6")
        self.wants = lambda password: self._check(*(base64.b64decode(word).decode() for word in (name, password)))

    def _check(self, name, password):
        self.is_signed_in = (name, password) == tuple(self.rules.credentials)
        self._answer("auth", "235 2.7.0 welcome" if self.is_signed_in else "535 5.7.8 no")

    def _verb_mail(self, line):
        if self.sender is not None:
            self._say("503 5.5.1 nested MAIL")
        elif self.rules.auth and not self.is_signed_in:
            self._say("530 5.7.0 sign in first")
        elif self._answer("mail", "250 2.1.0 ok"):
            self.sender = line[line.find("<") + 1 : line.find(">")]
            self.parameters = line[line.find(">") + 1 :].split()

    def _verb_rcpt(self, line):
        recipient = line[line.find("<") + 1 : line.rfind(">")]
        self.offered.append((recipient, time.monotonic()))
        if self.sender is None:
            self._say("503 5.5.1 MAIL first")
        elif self._answer("rcpt", "250 2.1.5 ok", recipient):
            self.recipient = recipient
        else:
            self.unheard = recipient

    def _verb_data(self, line):
        if self.recipient is None and not self.is_granted:
            self._say("503 5.5.1 RCPT first" if self.sender is None else "554 5.5.1 no valid recipients")
            return
        self.rules.kill("before_354", self.peer)
        if self._answer("data", "354 go ahead", self.recipient or ""):
            self.is_in_body = True
            self.searched = 0

    def _verb_rset(self, line):
        if self.unheard:
            self.heard.append((self.unheard, time.monotonic()))
            self.unheard = ""
        self._forget_mail()
        self._say("250 2.0.0 ok")

    def _verb_quit(self, line):
        self.has_quit = True
        if self._answer("quit", "221 2.0.0 bye"):
            self.transport.close()

    # The body

    def _take_body(self) -> bool:
        if not self.buffer:
            return False
        if self.rules.kill("mid_body", self.peer):
            self.transport.abort()
            return False
        if (fault := self.rules.fault("body", self.recipient or "")) is not None:
            self._err(fault, "")
            return False
        start = self._end_of_body()
        if start < 0:
            return False
        body, self.is_in_body = bytes(self.buffer[:start]).replace(b"\r\n..", b"\r\n."), False
        del self.buffer[: start + 3]
        self._hear_dot(body.removeprefix(b".") if body.startswith(b"..") else body)
        return True

    def _end_of_body(self) -> int:
        """Where the final dot stands, or -1."""
        if self.buffer.startswith(b".\r\n"):
            return 0
        found = self.buffer.find(END_OF_BODY, max(0, self.searched - len(END_OF_BODY)))
        self.searched = len(self.buffer)
        return found + 2 if found >= 0 else -1

    def _hear_dot(self, body: bytes):
        recipient, entry = self.recipient, self._entry(body)
        self._forget_mail()
        if recipient is None:
            self._say("554 5.5.1 no valid recipients")
            return
        fault = self.rules.fault("dot", recipient)
        if fault is None or fault.do in {"accept_drop", "accept_hang", "slow"}:
            self.keep(entry, body)
        if self.rules.kill("after_dot_before_answer", self.peer):
            self.transport.abort()
            return
        if fault is not None:
            self._err(fault, "250 2.0.0 taken")
        elif self.rules.latency[1]:
            self.is_silent = True
            self._later(self._acknowledge_later())
        else:
            self._acknowledge()

    async def _acknowledge_later(self):
        await asyncio.sleep(self.rules.chance.uniform(*self.rules.latency))
        self.is_silent = False
        self._acknowledge()
        self._go_on()

    def _acknowledge(self):
        self._say("250 2.0.0 taken")
        self.rules.kill("after_answer", self.peer)

    def _entry(self, body: bytes) -> dict[str, Any]:
        head = body.partition(b"\r\n\r\n")[0]
        message_id = MESSAGE_ID.search(head)
        headers = {name.decode().title(): value.decode("latin-1") for name, value in OWN_HEADER.findall(head)}
        return {
            "message_id": message_id[1].decode("latin-1") if message_id else None,
            "sender": self.sender,
            "recipient": self.recipient,
            "headers": headers,
            "parameters": self.parameters,
            "bytes": len(body),
            "connection": self.number,
            "peer": self.peer,
        }

    def _forget_mail(self):
        self.sender = None
        self.recipient = None
        self.parameters = []
        self.is_granted = False

    # Saying

    def _answer(self, at: str, usual: str, recipient: str = "") -> bool:
        """Say the usual, unless a fault strikes; True if the usual was said."""
        fault = self.rules.fault(at, recipient)
        if fault is None:
            self._say(usual)
            return True
        self._err(fault, usual)
        return fault.do in {"slow", "pause"}

    def _err(self, fault: Fault, usual: str):
        if fault.do in {"drop", "accept_drop"}:
            self.transport.close()
        elif fault.do == "stall":
            self.transport.pause_reading()
        elif fault.do in {"hang", "accept_hang"}:
            self.is_silent = True
        elif fault.do == "slow":
            self.is_silent = True
            self._later(self._say_slowly(usual))
        elif fault.do == "pause":
            self.is_silent = True
            self._later(self._say_after(fault.seconds, usual))
        else:
            self.is_granted = fault.do == "grant"
            self._say(fault.reply)
            if fault.reply.startswith("421") or fault.at == "body":
                self.transport.close()

    def _say(self, words: str):
        self.transport.write(words.encode() + b"\r\n")

    async def _say_after(self, seconds: float, words: str):
        await asyncio.sleep(seconds)
        self._say(words)
        self.is_silent = False
        self._go_on()

    async def _say_slowly(self, words: str):
        for byte in words.encode() + b"\r\n":
            self.transport.write(bytes([byte]))
            await asyncio.sleep(SLOW)
        self.is_silent = False
        self._go_on()

    def _later(self, act):
        task = asyncio.get_running_loop().create_task(act)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
