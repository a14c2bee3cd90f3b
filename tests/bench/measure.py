"""What a case is, what it measured, and the figures that are made of it.

    Measured   what one run of a case found out
    Case       something that can be run; its module's `cases(ground)` names it
    Sample     one run: the round, what was measured, and what else the machine did meanwhile
    Figure     a promise: what is required, what is aimed at, and the case (or two) that tell

A module of cases has `FIGURES`, a list of figures, and `cases(ground)`, a list of cases.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: how many, how long (first to last), at what processor time and at which peak of memory.

    `notes` holds further numbers by name (a figure may be made of one) and words for whoever reads the lines.
    """

    count: int
    seconds: float
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    notes: Mapping[str, float | str] = field(default_factory=dict)

    def value(self, metric: str) -> float:
        """One number of this run: rate, us (wall), cpu_us, cpu_rate, peak_mb, or a note by its name."""
        match metric:
            case "rate":
                return self.count / self.seconds
            case "us":
                return self.seconds / self.count * MICRO
            case "cpu_us":
                return self.cpu_seconds / self.count * MICRO
            case "cpu_rate":
                return self.count / self.cpu_seconds
            case "peak_mb":
                return self.peak_bytes / 1e6
        return float(self.notes[metric])


@dataclass(frozen=True, slots=True)
class Case:
    """Something that can be measured. `figure` groups cases for --only; `name` is unique.

    One that is dear names in `rounds` how many of the rounds it takes part in, from the first one on.
    """

    figure: str
    name: str
    run: Callable[[], Measured]
    rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a case. `background`: the cores that others kept busy; `problem`: why nothing was measured."""

    case: str
    round: int
    at: datetime
    measured: Measured | None
    background: float = 0.0
    others: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A promise about `case`'s metric, or about its ratio to the one of the case `to`."""

    name: str
    title: str
    case: str
    required: float
    aim: float
    metric: str = "rate"
    to: str = ""
    unit: str = ""
    lower_is_better: bool = False

    @property
    def cases(self) -> set[str]:
        return {self.case, self.to} - {""}

    def reaches(self, value: float, limit: float) -> bool:
        return value <= limit if self.lower_is_better else value >= limit


@dataclass(frozen=True, slots=True)
class Result:
    """A figure after the run: the value of the medians, and the least and most of what single rounds gave."""

    figure: Figure
    runs: int
    middle: float = 0.0
    least: float = 0.0
    most: float = 0.0
    problem: str = ""

    @property
    def verdict(self) -> str:
        if self.problem:
            return "BROKEN"
        if self.figure.reaches(self.middle, self.figure.aim):
            return "aim"
        return "required" if self.figure.reaches(self.middle, self.figure.required) else "MISSED"


def result(figure: Figure, samples: Iterable[Sample]) -> Result:
    """What the run says about a figure. One failed run of a case it is made of breaks it."""
    mine = [sample for sample in samples if sample.case in figure.cases]
    problems = [f"{sample.case}: {sample.problem}" for sample in mine if sample.problem]
    missing = figure.cases - {sample.case for sample in mine}
    if problems or missing:
        return Result(figure, 0, problem=problems[0] if problems else f"{', '.join(sorted(missing))} did not run")
    values = _by_round(mine, figure.case, figure.metric)
    if not figure.to:
        spread = list(values.values())
        return Result(figure, len(spread), statistics.median(spread), min(spread), max(spread))
    against = _by_round(mine, figure.to, figure.metric)
    pairs = [values[number] / against[number] for number in values.keys() & against.keys()]
    middle = statistics.median(values.values()) / statistics.median(against.values())
    return Result(figure, len(pairs), middle, min([*pairs, middle]), max([*pairs, middle]))


def spread(samples: Sequence[Sample], metric: str) -> tuple[float, float, float]:
    """Median, least and most of one metric over the runs that succeeded."""
    values = [sample.measured.value(metric) for sample in samples if sample.measured is not None]
    return statistics.median(values), min(values), max(values)


def _by_round(samples: Iterable[Sample], case: str, metric: str) -> dict[int, float]:
    return {
        sample.round: sample.measured.value(metric)
        for sample in samples
        if sample.case == case and sample.measured is not None
    }
