"""PostgreSQL on a loopback port, with a password, its data in a folder of ours.

It refuses to run as root; then it runs as `nobody`, and where `nobody` may not go the data lies under
/var/lib/meridian instead. What a killed server leaves behind is put right before the next one starts.
"""

import os
import shutil
import signal
import subprocess
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import psycopg

from config.embedded import account as accounts
from config.embedded import binaries, passwords, ports
from config.embedded.account import Account
from config.embedded.programs import Program
from config.embedded.unavailable import Unavailable

ROLE = DATABASE = "meridian"
BYTES_NEEDED = 400_000_000
PLANS = ("-c", "jit=off")
"""How questions are planned, here and in docker-compose.yml: compiling a short one takes longer than its answer."""
CAREFUL = ("-c", "synchronous_commit=on")
CARELESS = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    url: str
    program: Program


def prepare(directory: Path, *, durable: bool = True) -> Postgres:
    """Create the cluster if there is none; nothing runs yet. One that is not durable may lose all in a crash."""
    account = accounts.unprivileged()
    binary = binaries.postgres(account)
    home = place(directory, account)
    data = home / "data"
    password = passwords.kept(directory / "postgres.password")
    _create_cluster(data, binary=binary, account=account, password=password)
    _check_version(data, binary)
    _stop_orphan(data)
    port = ports.free_port()
    server = f"postgres://{ROLE}:{password}@127.0.0.1:{port}"
    program = Program(
        name="PostgreSQL",
        command=_command(binary, data, port, durable=durable),
        log=directory / "log" / "postgres.log",
        is_ready=partial(_answers, server),
        account=account,
        stop_signal=signal.SIGINT,  # its "fast" stop
        patience=20,
        directory=home,
    )
    return Postgres(url=f"{server}/{DATABASE}", program=program)


def place(directory: Path, account: Account | None) -> Path:
    """Return the folder for the data, made for and reachable by the account that runs the server."""
    directory.mkdir(parents=True, exist_ok=True)
    home = directory / "postgres"
    if account and not account.can_enter(directory):
        home = binaries.SHARED / f"postgres-data-{zlib.crc32(str(directory.resolve()).encode()):08x}"
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    home.mkdir(exist_ok=True, mode=0o700)
    if account:
        os.chown(home, account.uid, account.gid)
    return home


def _command(binary: Path, data: Path, port: int, *, durable: bool) -> tuple[str, ...]:
    return (
        *(str(binary / "postgres"), "-D", str(data), "-p", str(port)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=80"),
        *("-c", "shared_buffers=64MB", "-c", "timezone=UTC"),
        *PLANS,
        *(CAREFUL if durable else CARELESS),
    )


def _create_cluster(data: Path, *, binary: Path, account: Account | None, password: str) -> None:
    """Run initdb beside the final place and move it there, so that half a cluster is never taken for one."""
    if data.exists():
        return
    if shutil.disk_usage(data.parent).free < BYTES_NEEDED:
        raise Unavailable(f"The disk is full: {data.parent} needs {BYTES_NEEDED // 1_000_000} MB free to begin with.")
    draft, secret = data.with_name("data.new"), data.with_name("secret")
    shutil.rmtree(draft, ignore_errors=True)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if account:
        os.chown(secret, account.uid, account.gid)
    try:
        _initdb(draft, secret=secret, binary=binary, account=account)
    finally:
        secret.unlink()
    draft.rename(data)


def _initdb(data: Path, *, secret: Path, binary: Path, account: Account | None) -> None:
    options = ["-U", ROLE, "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync", "--no-instructions"]
    options += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    finished = subprocess.run(
        [str(binary / "initdb"), "-D", str(data), *options],
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if "No space left on device" in finished.stderr:
        raise Unavailable(f"The disk is full: PostgreSQL could not be set up in {data.parent}.")
    if finished.returncode:
        said = finished.stderr.strip().splitlines() or ["initdb gave no reason"]
        raise Unavailable(f"PostgreSQL could not be set up in {data.parent}: {said[-1]}")


def _check_version(data: Path, binary: Path) -> None:
    written, installed = (data / "PG_VERSION").read_text().strip(), binaries.major_version(binary)
    if written != str(installed):
        raise Unavailable(
            f"The data in {data} belong to PostgreSQL {written}, but this is {installed}: "
            "`make demo-reset` starts afresh."
        )


def _stop_orphan(data: Path) -> None:
    """Stop a server that outlived its supervisor; forget the mark of one that is gone."""
    mark = data / "postmaster.pid"
    try:
        process = psutil.Process(int(mark.read_text().split("\n", 1)[0]))
        if str(data) in process.cmdline():
            process.send_signal(signal.SIGINT)
            process.wait(30)
        mark.unlink(missing_ok=True)
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError):
        mark.unlink(missing_ok=True)
    except psutil.TimeoutExpired:
        raise Unavailable(f"A PostgreSQL that still uses {data} does not stop.") from None


def _answers(server: str) -> bool:
    """Return whether the server takes our password and has our database, which the first question creates."""
    try:
        with psycopg.connect(f"{server}/postgres", connect_timeout=3, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True
