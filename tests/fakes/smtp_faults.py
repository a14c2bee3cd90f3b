"""What the SMTP sink does wrong, and when: seeded, counted, described by plain dictionaries (JSON).

    {"seed": 7, "pipelining": true, "size": 0, "latency": [0, 0.01], "faults": [...], "kills": [...]}

A fault: {"at": banner|ehlo|starttls|auth|mail|rcpt|data|body|dot|quit, "do": ..., and when it strikes:
"share" (by chance), "recipient" (part of the address), "after" (how often it lets pass), "times" (how often it
strikes)}. What it does:

    reply        say "reply" instead of the usual; 421 hangs up behind it
    drop         hang up (at the dot: the mail is not taken)
    hang         never answer again (at the dot: the mail is not taken)
    accept_drop  at the dot: take the mail, then hang up
    accept_hang  at the dot: take the mail, then never answer
    grant        at rcpt: say "reply", and yet 354 to DATA
    stall        at the body: stop reading
    slow         the usual reply, byte by byte
    pause        the usual reply, after so many "seconds"

A kill: {"phase": before_354|mid_body|after_dot_before_answer|after_answer, "nth": k, "pid_file": path}: SIGKILL for
the process whose number is in the file, once, the k-th time that this point is reached. Within the sink's own process a
kill may name, instead of a file, a `holder`: a function that tells from the port of the other end who it is.
"""

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Fault:
    at: str
    do: str = "reply"
    reply: str = ""
    share: float = 1.0
    recipient: str = ""
    after: int = 0
    times: int | None = None
    seconds: float = 0.0
    seen: int = 0
    struck: int = 0


@dataclass
class Kill:
    phase: str
    nth: int
    pid_file: str = ""
    seen: int = 0
    holder: Callable[[int], int] | None = None

    def victim(self, port: int) -> int:
        return self.holder(port) if self.holder else int(Path(self.pid_file).read_text())


@dataclass
class Rules:
    seed: int = 0
    pipelining: bool = True
    eight_bit: bool = True
    utf8: bool = True
    size: int = 0
    auth: str = ""  # the mechanisms offered, such as "PLAIN LOGIN"
    credentials: tuple[str, str] = ("", "")
    latency: tuple[float, float] = (0.0, 0.0)  # before each reply to a dot
    faults: list[Fault] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)

    def __post_init__(self):
        self.chance = random.Random(self.seed)

    @classmethod
    def read(cls, described: dict[str, Any] | None) -> "Rules":
        described = dict(described or {})
        faults = [Fault(**fault) for fault in described.pop("faults", [])]
        kills = [Kill(**kill) for kill in described.pop("kills", [])]
        one = described.pop("kill_pid_at", None)
        return cls(faults=faults, kills=kills + ([Kill(**one)] if one else []), **described)

    def fault(self, at: str, recipient: str = "") -> Fault | None:
        """The fault that strikes at this point, if one does."""
        for fault in self.faults:
            if fault.at == at and fault.recipient in recipient and self._strikes(fault):
                return fault
        return None

    def kill(self, phase: str, port: int = 0) -> bool:
        """Kill whoever is to be killed at this point; True if somebody was."""
        for kill in self.kills:
            if kill.phase == phase:
                kill.seen += 1
                if kill.seen == kill.nth:
                    try:
                        os.kill(kill.victim(port), signal.SIGKILL)
                    except ProcessLookupError:  # whoever comes here next is killed instead
                        kill.seen -= 1
                        return False
                    return True
        return False

    def _strikes(self, fault: Fault) -> bool:
        fault.seen += 1
        if fault.seen <= fault.after or (fault.times is not None and fault.struck >= fault.times):
            return False
        if fault.share < 1 and self.chance.random() >= fault.share:
            return False
        fault.struck += 1
        return True
