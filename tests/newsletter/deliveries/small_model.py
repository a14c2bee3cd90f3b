"""The send protocol in plain Python, small enough to walk through every way that it can go.

Two workers, one chunk of two deliveries, a relay that counts. Each transition is one transaction of the engine's,
or one thing that happens outside of any, in the engine's order: claim, admit (what is known, then the mark), note the
begin, hand over, note the answer; at the lease's end, forget the journal. While a window is under way the next one may
be marked. Between any two steps a worker may be killed, frozen past its lease, or told to stop; the relay may hang up,
or say "later"; the gate may refuse somebody, for good or for now.

`Rules` are what the engine keeps to; a test breaks one at a time, and the search must find the second mail.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

DELIVERIES = 2
NOBODY = "?"
Pending = tuple[tuple[int, str], ...]


class Rules(NamedTuple):
    marks_before_hand_over: bool = True
    claims_doubt: bool = True  # what lies before the mark without an outcome is doubted, not offered again
    checks_fence: bool = True
    begins_in_journal: bool = True
    holds_later: bool = True  # of later rows the gate refuses none that another sender has claimed meanwhile
    forgets_at_the_end: bool = True  # the journal is kept until the lease ends, not until the next window is marked
    window: int = 2


class Row(NamedTuple):
    outcome: str = ""
    doubt: str = ""  # in whose name, or NOBODY's
    later: str = ""  # waiting, leased, marked
    owner: str = ""
    expired: bool = False
    taken: int = 0  # how often the relay took it

    @property
    def is_open(self) -> bool:
        return not self.outcome and not self.doubt


class Worker(NamedTuple):
    name: str
    at: str = "idle"  # idle, leased, hand, body, answer, forget, dead
    fence: int = 0
    is_later: bool = False
    rows: tuple[int, ...] = ()  # leased (later rows), then those of the window that have not been handed over
    ahead: tuple[int, ...] = ()  # those of the next window, if it was marked ahead
    pending: Pending = ()
    begun: frozenset[int] = frozenset()
    answered: frozenset[int] = frozenset()


class World(NamedTuple):
    rows: tuple[Row, ...] = (Row(),) * DELIVERIES
    mark: int = 0
    fence: int = 0
    owner: str = ""
    expired: bool = False
    done: bool = False
    workers: tuple[Worker, ...] = (Worker("A0"), Worker("B0"))
    crashes: int = 1
    freezes: int = 1
    troubles: int = 1  # replies other than yes
    stops: int = 1
    refusals: int = 0
    rules: Rules = Rules()

    def put(self, worker: Worker, **changes: object) -> "World":
        workers = tuple(worker if one.name[0] == worker.name[0] else one for one in self.workers)
        return self._replace(workers=workers, **changes)

    def change(self, number: int, **changes: object) -> "World":
        rows = tuple(row._replace(**changes) if n == number else row for n, row in enumerate(self.rows))
        return self._replace(rows=rows)


Admission = Callable[[World, Worker, tuple[int, ...]], World]


def steps(world: World) -> Iterator[tuple[str, World]]:
    """Everything that can happen next."""
    for worker in world.workers:
        for what, then in _of_worker(world, worker):
            yield f"{worker.name} {what}", then
    yield from _of_time(world)


def _of_worker(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    if worker.at == "dead":
        yield "is buried", _bury(world, worker)
        yield "is never found", world.put(_next_life(worker))
        return
    if worker.at != "idle" and world.crashes:
        yield (
            "is killed",
            world.put(worker._replace(at="dead", pending=(), rows=(), ahead=()), crashes=world.crashes - 1),
        )
    yield from NEXT[worker.at](world, worker)


def _of_time(world: World) -> Iterator[tuple[str, World]]:
    """Leases run out: for certain where nobody is at work on them, else only if their sender is frozen."""
    living = {worker.name for worker in world.workers if worker.at not in {"dead", "idle"}}
    if world.owner and not world.expired and (world.freezes or world.owner not in living):
        freezes = world.freezes - (world.owner in living)
        yield "the chunk's lease runs out", world._replace(expired=True, freezes=freezes)
    for number, row in enumerate(world.rows):
        if row.owner and not row.expired and (world.freezes or row.owner not in living):
            freezes = world.freezes - (row.owner in living)
            yield f"the lease of {number} runs out", world.change(number, expired=True)._replace(freezes=freezes)


# What a worker does, by where it stands


def _claim(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    now = _doubt_later(world)
    free = tuple(n for n, row in enumerate(now.rows) if _is_free(row))
    if free:
        for number in free:
            now = now.change(number, later="leased", owner=worker.name, expired=False)
        yield "claims later rows", now.put(worker._replace(at="leased", is_later=True, rows=free, pending=()))
    elif not world.done and (not world.owner or world.expired):
        if now.rules.claims_doubt:
            now = _doubt_chunk(now, world.owner)
        elif world.owner:
            now = now._replace(mark=0)
        now = now._replace(fence=now.fence + 1, owner=worker.name, expired=False)
        yield "claims the chunk", now.put(worker._replace(at="leased", is_later=False, fence=now.fence, pending=()))
    elif now != world:
        yield "finds nothing but doubts", now


def _is_free(row: Row) -> bool:
    return row.later == "waiting" or (row.later == "leased" and row.expired)


def _admit(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    if worker.is_later:
        rows = _that_may_be_looked_at(world, worker)
        yield from _look(_admit_later, world, worker, rows)
    elif world.rules.checks_fence and (world.fence != worker.fence or world.done):
        yield "finds its lease lost", _salvage(world, worker).put(worker._replace(at="forget", rows=(), pending=()))
    else:
        yield from _look(_admit_window, world, worker, _window(_write(world, worker.pending)))


def _look(admit: Admission, world: World, worker: Worker, rows: tuple[int, ...]) -> Iterator[tuple[str, World]]:
    """The gate lets all of these through, or refuses one."""
    yield "admits what it may", admit(world, worker, rows)
    for number in rows if world.refusals else ():
        rest = tuple(one for one in rows if one != number)
        then = admit(world._replace(refusals=world.refusals - 1), worker, rest)
        gone = {"later": "", "owner": "", "expired": False}
        yield f"refuses {number}", then.change(number, outcome="refused", **gone)
        yield f"refuses {number} for now", then.change(number, **(gone | {"later": "waiting"}))


def _window(world: World) -> tuple[int, ...]:
    reach = min(world.mark + world.rules.window, DELIVERIES)
    return tuple(n for n in range(world.mark, reach) if world.rows[n].is_open and not world.rows[n].later)


def _marked(world: World) -> World:
    reach = min(world.mark + world.rules.window, DELIVERIES)
    return world._replace(mark=reach) if world.rules.marks_before_hand_over else world


def _admit_window(world: World, worker: Worker, rows: tuple[int, ...]) -> World:
    now = _write(world, worker.pending)
    if now.mark >= DELIVERIES:
        return now._replace(done=True, owner="").put(worker._replace(at="forget", rows=(), pending=()))
    return _marked(now).put(worker._replace(at="hand", rows=rows, pending=()))


def _look_ahead(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    """The next window, while this one is under way; what this one has brought so far is not written with it."""
    is_last = worker.is_later or worker.ahead or world.mark >= DELIVERIES
    if is_last or world.fence != worker.fence or world.done or not world.rules.marks_before_hand_over:
        return
    if not world.rules.forgets_at_the_end:
        worker = worker._replace(begun=frozenset(), answered=frozenset())
    rows = _window(world)
    if rows:
        yield from _look(lambda now, who, some: _marked(now).put(who._replace(ahead=some)), world, worker, rows)


def _that_may_be_looked_at(world: World, worker: Worker) -> tuple[int, ...]:
    rows = [(n, world.rows[n]) for n in worker.rows if world.rows[n].is_open]
    is_held = world.rules.holds_later
    return tuple(n for n, row in rows if not is_held or (row.owner == worker.name and row.later == "leased"))


def _admit_later(world: World, worker: Worker, rows: tuple[int, ...]) -> World:
    now = world
    for number, row in enumerate(world.rows):
        if number in worker.rows and row.owner == worker.name and not row.is_open:
            now = now.change(number, later="", owner="")
    held = {n for n, row in enumerate(now.rows) if row.owner == worker.name and row.later == "leased"}
    now = _salvage(now, worker)
    if not rows or not set(rows) <= held:
        return now.put(worker._replace(at="forget", rows=(), pending=()))
    for number in rows:
        now = now.change(number, later="marked", expired=False)
    return now.put(worker._replace(at="hand", rows=rows, pending=()))


def _forget(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    yield "forgets its journal", world.put(worker._replace(at="idle", begun=frozenset(), answered=frozenset()))


def _hand(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    yield from _look_ahead(world, worker)
    if not worker.rows:
        yield "has no more of this window", _next_window(world, worker)
        return
    begun = worker.begun | {worker.rows[0]} if world.rules.begins_in_journal else worker.begun
    yield "notes the begin", world.put(worker._replace(at="body", begun=begun))
    if world.stops:
        rest = tuple((number, "later") for number in worker.rows + worker.ahead)
        stopped = worker._replace(pending=worker.pending + rest, rows=(), ahead=())
        yield "is told to stop", _give_back(world._replace(stops=world.stops - 1), stopped)


def _next_window(world: World, worker: Worker) -> World:
    if worker.ahead:
        return world.put(worker._replace(rows=worker.ahead, ahead=()))
    now = world
    if not world.rules.marks_before_hand_over and not worker.is_later:
        now = world._replace(mark=min(world.mark + world.rules.window, DELIVERIES))
    return now.put(worker._replace(at="leased", rows=()))


def _give_back(world: World, worker: Worker) -> World:
    is_held = not worker.is_later and world.fence == worker.fence and not world.done
    now = _write(world, worker.pending) if is_held else _salvage(world, worker)
    if is_held:
        now = now._replace(owner="", expired=False)
    return now.put(worker._replace(at="forget", pending=()))


def _body(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    number, rest = worker.rows[0], worker.rows[1:]
    taken = world.change(number, taken=world.rows[number].taken + 1)
    yield f"hands over {number}", taken.put(worker._replace(at="answer"))
    if world.troubles:
        spared = world._replace(troubles=world.troubles - 1)
        unknown = worker._replace(at="hand", rows=rest, pending=(*worker.pending, (number, "unknown")))
        later = worker._replace(at="hand", rows=rest, pending=(*worker.pending, (number, "later")))
        yield f"loses the connection after {number} was taken", taken._replace(troubles=0).put(unknown)
        yield f"loses the connection before {number} was taken", spared.put(unknown)
        yield f"is told to try {number} later", spared.put(later)


def _answer(world: World, worker: Worker) -> Iterator[tuple[str, World]]:
    number, rest = worker.rows[0], worker.rows[1:]
    pending = (*worker.pending, (number, "submitted"))
    known = worker._replace(at="hand", rows=rest, pending=pending, answered=worker.answered | {number})
    yield f"notes the answer for {number}", world.put(known)


NEXT = {
    "idle": _claim,
    "leased": _admit,
    "forget": _forget,
    "hand": _hand,
    "body": _body,
    "answer": _answer,
}


# What transactions write


def _write(world: World, pending: Pending) -> World:
    now = world
    for number, what in sorted(pending, key=lambda one: ("submitted", "unknown", "later").index(one[1])):
        if now.rows[number].outcome:
            continue
        gone = {"later": "", "owner": "", "expired": False}
        if what == "submitted":
            now = now.change(number, outcome="submitted", doubt="", **gone)
        elif what == "unknown":
            now = now.change(number, doubt=NOBODY, **gone)
        else:
            now = now.change(number, doubt="", **(gone | {"later": "waiting"}))
    return now


def _salvage(world: World, worker: Worker) -> World:
    """What a sender knows whose lease may be gone; what it did not send is offered again only if still its own."""
    rows = enumerate(world.rows)
    mine = {n for n, row in rows if worker.name in {row.doubt, row.owner}}
    return _write(world, tuple(one for one in worker.pending if one[1] != "later" or one[0] in mine))


def _doubt_chunk(world: World, owner: str) -> World:
    now = world
    for number in range(world.mark):
        if now.rows[number].is_open and not now.rows[number].later:
            now = now.change(number, doubt=owner or NOBODY)
    return now


def _doubt_later(world: World) -> World:
    now = world
    for number, row in enumerate(world.rows):
        if row.later == "marked" and row.expired:
            now = now.change(number, doubt=row.owner, later="", owner="", expired=False)
    return now


def _bury(world: World, dead: Worker) -> World:
    """Take the dead sender's leases, doubt its window, then settle by what its journal says."""
    now = world
    if world.owner == dead.name and not world.done:
        now = _doubt_chunk(world, dead.name)._replace(owner="", expired=False, fence=world.fence + 1)
    for number, row in enumerate(now.rows):
        if row.owner == dead.name and row.later == "leased":
            now = now.change(number, later="waiting", owner="", expired=False)
        elif row.owner == dead.name:
            now = now.change(number, expired=True)
    now = _doubt_later(now)
    for number, row in enumerate(now.rows):
        if row.doubt == dead.name and number in dead.answered:
            now = _write(now, ((number, "submitted"),))
        elif row.doubt == dead.name and number not in dead.begun:
            now = _write(now, ((number, "later"),))
    return now.put(_next_life(dead))


def _next_life(dead: Worker) -> Worker:
    return Worker(f"{dead.name[0]}{int(dead.name[1:]) + 1}")
