"""Postfix and Exim from their Debian packages, unpacked side by side, and a library that sets clocks wrong for
`tests/chaos`; nothing is installed.

    python -m tests.interop.packages      fetch them with apt-get; does nothing once that is done

apt refuses to install both at once, and neither should become this machine's mail server for a test's sake.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "var" / "interop"
ROOT = FOLDER / "root"
NAMES = ("postfix", "exim4-base", "exim4-daemon-light", "libidn12", "libnss-wrapper", "libfaketime")
MISSING = "Postfix and Exim are not here: `make interop` fetches their Debian packages and tests against them."
NO_WRONG_CLOCK = "libfaketime is not here: `make interop` fetches its Debian package, with those of the mail servers."
PROGRAMS = ("usr/lib/postfix/sbin/master", "usr/lib/postfix/sbin/smtpd", "usr/sbin/exim4")


def libraries() -> str:
    """What LD_LIBRARY_PATH must be for the unpacked programs."""
    return ":".join(str(ROOT / part) for part in ("usr/lib/postfix", f"usr/lib/{_triplet()}"))


def problem() -> str:
    """Why the servers cannot be run here; empty if they can."""
    if not all((ROOT / program).exists() for program in PROGRAMS):
        return MISSING
    lacking = {library for program in PROGRAMS for library in _lacking(ROOT / program)}
    return f"Postfix and Exim need libraries that are not here: {', '.join(sorted(lacking))}." if lacking else ""


def wrong_clock() -> Path | None:
    """The library that shows a process another time than everybody else's; None where it is not here."""
    return next(ROOT.rglob("libfaketimeMT.so.1"), None)


def fetch() -> None:
    """Download and unpack; raises CalledProcessError with what apt said."""
    if not problem() and wrong_clock() is not None:
        return
    shutil.rmtree(ROOT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="meridian-packages-") as folder:
        Path(folder).chmod(0o777)  # apt gives up its rights before it downloads
        download = ["apt-get", "download", "-qq", *NAMES]
        if subprocess.run(download, cwd=folder, capture_output=True, check=False).returncode:
            subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True)
            subprocess.run(download, cwd=folder, check=True, capture_output=True)
        fresh = ROOT.with_suffix(f".{os.getpid()}")
        fresh.mkdir(parents=True)
        for package in sorted(Path(folder).glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, fresh], check=True, capture_output=True)
    (fresh / "usr/sbin/exim4").chmod(0o755)  # whoever runs it is enough: a setuid program forgets LD_PRELOAD
    fresh.rename(ROOT)


def _lacking(program: Path) -> list[str]:
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries()}
    told = subprocess.run(["ldd", program], env=environment, capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in told.splitlines() if "not found" in line]


def _triplet() -> str:
    return f"{os.uname().machine}-linux-gnu"


if __name__ == "__main__":
    try:
        fetch()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The packages could not be fetched: {error} {getattr(error, 'stderr', b'').decode()}")
    sys.exit(problem() or (0 if wrong_clock() else NO_WRONG_CLOCK))
