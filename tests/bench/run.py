"""Run cases side by side: in rounds, each round in an order drawn anew, every run kept whatever it says."""

import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench import load
from tests.bench.measure import Case, Figure, Sample

LONGEST_PROBLEM = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is carried out. `seed` decides the order, `patience` how long a run waits for others to be quiet."""

    repeats: int = 5
    seed: int = 1
    patience: float = 4.0


def select(cases: Sequence[Case], figures: Sequence[Figure], only: Sequence[str]) -> list[Case]:
    """The cases of these figures, groups or single cases; all without names. Raises LookupError."""
    if not only:
        return list(cases)
    known = {case.name for case in cases} | {case.figure for case in cases} | {figure.name for figure in figures}
    unknown = set(only) - known
    if unknown:
        raise LookupError(f"There is no {', '.join(sorted(unknown))}; --list shows what there is.")
    wanted = {name for figure in figures if figure.name in only for name in figure.cases}
    return [case for case in cases if case.name in wanted or {case.name, case.figure} & set(only)]


def order(cases: Sequence[Case], plan: Plan) -> Iterator[tuple[int, Case]]:
    """Every case once a round, in random order."""
    chance = random.Random(plan.seed)
    for number in range(1, plan.repeats + 1):
        there = [case for case in cases if case.rounds is None or number <= case.rounds]
        chance.shuffle(there)
        yield from ((number, case) for case in there)


def run(cases: Sequence[Case], plan: Plan, tell: Callable[[int, int, Sample], None]) -> list[Sample]:
    """Carry out every run; `tell` hears how many are done, of how many, and the last one. Nothing is dropped."""
    todo = list(order(cases, plan))
    samples: list[Sample] = []
    for done, (number, case) in enumerate(todo, start=1):
        load.wait_for_quiet(plan.patience)
        samples.append(_sample(case, number))
        tell(done, len(todo), samples[-1])
    return samples


def _sample(case: Case, number: int) -> Sample:
    at = datetime.now(UTC)
    watch = load.Watch()
    try:
        measured = case.run()
    except Exception as error:  # noqa: BLE001 - a broken case is shown as broken, and the others still run
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__}: {error} ({where.filename.rpartition('/')[2]}:{where.lineno})"
        return Sample(case.name, number, at, None, problem=problem[-LONGEST_PROBLEM:])
    return Sample(case.name, number, at, measured, watch.background(), watch.others())
