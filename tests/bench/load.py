"""What the machine did: our own processes' processor time, everybody's, and who else was at work."""

import time
from collections import Counter
from dataclasses import dataclass, field

import psutil

QUIET_CORES = 0.3
LOOK_SECONDS = 0.5
NAMED = 3


def tree_seconds(pid: int | None = None) -> float:
    """Processor seconds of this process (by default ours) and of all it started, the ended ones included."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def machine_seconds() -> float:
    """Processor seconds that all cores together have worked, softirq and stolen time included."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


def _strangers() -> Counter[str]:
    mine = {psutil.Process().pid} | {child.pid for child in psutil.Process().children(recursive=True)}
    found: Counter[str] = Counter()
    for process in psutil.process_iter(["pid", "name", "cpu_times"]):
        times = process.info["cpu_times"]
        if process.info["pid"] not in mine and times is not None:
            found[process.info["name"]] += times.user + times.system
    return found


@dataclass
class Watch:
    """From the moment it is made: how many cores others kept busy, and who they were."""

    started: float = field(default_factory=time.perf_counter)
    _ours: float = field(default_factory=tree_seconds)
    _all: float = field(default_factory=machine_seconds)
    _others: Counter[str] = field(default_factory=_strangers)

    def background(self) -> float:
        seconds = time.perf_counter() - self.started
        return max(0.0, (machine_seconds() - self._all - (tree_seconds() - self._ours)) / seconds)

    def others(self) -> str:
        """The busiest other programs by name, with their cores."""
        seconds = time.perf_counter() - self.started
        spent = _strangers()
        spent.subtract(self._others)
        return ", ".join(f"{name} {used / seconds:.2f}" for name, used in spent.most_common(NAMED) if used > 0)


def wait_for_quiet(most: float) -> None:
    """Wait until the others are quiet, but not for longer than `most` seconds."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        watch = Watch()
        time.sleep(LOOK_SECONDS)
        if watch.background() <= QUIET_CORES:
            return
