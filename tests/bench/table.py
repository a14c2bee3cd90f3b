"""What a run says, for eyes: a table of figures and one of cases, as plain text or as Markdown."""

from collections.abc import Iterable, Sequence

from tests.bench.measure import Figure, Result, Sample, result, spread

FIGURE_HEAD = ("figure", "required", "aim", "measured", "min - max", "runs", "verdict")
CASE_HEAD = (
    "case",
    "runs",
    "per second",
    "min - max",
    "CPU us",
    "peak MB",
    "sink CPU us",
    "PostgreSQL CPU us",
    "background",
)
NOTED = ("sink_cpu_us", "database_cpu_us")
MANY = 1_000


def figures(all_figures: Iterable[Figure], samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    """One row a figure whose cases ran, the head first."""
    ran = {sample.case for sample in samples}
    return [FIGURE_HEAD, *(_figure(result(figure, samples)) for figure in all_figures if figure.cases <= ran)]


def cases(samples: Sequence[Sample]) -> list[tuple[str, ...]]:
    """One row a case, the head first."""
    names = sorted({sample.case for sample in samples})
    return [CASE_HEAD, *(_case(name, [sample for sample in samples if sample.case == name]) for name in names)]


def problems(samples: Sequence[Sample]) -> list[str]:
    return [f"BROKEN {sample.case}, round {sample.round}: {sample.problem}" for sample in samples if sample.problem]


def plain(rows: Sequence[Sequence[str]]) -> str:
    """Columns under each other: the first to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_placed(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|---" + "|---:" * (len(rows[0]) - 1) + "|", *rest])


def _placed(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]


def _figure(found: Result) -> tuple[str, ...]:
    figure = found.figure
    limits = [_with_unit(limit, figure) for limit in (figure.required, figure.aim)]
    if found.problem:
        return (figure.title, *limits, "-", "-", "0", found.verdict)
    between = f"{_number(found.least)} - {_number(found.most)}"
    return (figure.title, *limits, _with_unit(found.middle, figure), between, str(found.runs), found.verdict)


def _case(name: str, samples: Sequence[Sample]) -> tuple[str, ...]:
    good = [sample for sample in samples if sample.measured is not None]
    background = _number(max(sample.background for sample in samples))
    if not good:
        return (name, "0", "BROKEN", *[""] * 5, background)
    rate, least, most = spread(good, "rate")
    noted = [_noted(good, note) for note in NOTED]
    cpu, peak = (_number(spread(good, metric)[0]) for metric in ("cpu_us", "peak_mb"))
    return (name, str(len(good)), _number(rate), f"{_number(least)} - {_number(most)}", cpu, peak, *noted, background)


def _noted(samples: Sequence[Sample], note: str) -> str:
    told = [sample for sample in samples if sample.measured is not None and note in sample.measured.notes]
    return _number(spread(told, note)[0]) if told else ""


def _with_unit(value: float, figure: Figure) -> str:
    unit = "x" if figure.to else figure.unit
    return f"{_number(value)}{unit if unit in {'x', '%', ''} else ' ' + unit}"


def _number(value: float) -> str:
    if not value:
        return "0"
    if abs(value) >= MANY:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= MANY / 10 else f"{value:.3g}"
