"""Valkey on a loopback port, with a password. It keeps nothing on disk: Redis only rings the bell."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import redis

from config.embedded import binaries, passwords, ports
from config.embedded.programs import Program


@dataclass(frozen=True)
class Valkey:
    url: str
    program: Program


def prepare(directory: Path) -> Valkey:
    """Write down what the server needs; nothing runs yet."""
    home = directory / "valkey"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    port, password = ports.free_port(), passwords.kept(home / "password")
    settings = home / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {home}\n"
        'set-proc-title no\nsave ""\nappendonly no\nmaxmemory-policy noeviction\n'
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    program = Program(
        name="Valkey",
        command=(str(binaries.valkey()), str(settings)),
        log=directory / "log" / "valkey.log",
        is_ready=partial(_answers, url),
    )
    return Valkey(url=url, program=program)


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()
