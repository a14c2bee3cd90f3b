"""`python -m tests.bench`: measure, show, keep. See docs/benchmarks.md."""

import argparse
import importlib
import pkgutil
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from types import ModuleType

import tests.bench
from tests.bench import ground, ledger, run, table, tools
from tests.bench.ground import KEPT
from tests.bench.measure import Case, Figure, Sample
from tests.bench.run import Plan

BAR = 24
FIRST = ("engine", "rivals_run", "growth", "compiling", "provider_lane", "endpoints", "steps", "ways", "kinds")
"""The order of the table."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the send engine side by side.")
    parser.add_argument("--only", nargs="+", default=[], metavar="FIGURE", help="these figures, groups or cases")
    parser.add_argument("--repeats", type=int, default=5, help="how many rounds (5)")
    parser.add_argument("--seed", type=int, default=1, help="what the order within a round is drawn from (1)")
    parser.add_argument("--quick", action="store_true", help="small numbers: does it work? Not to be quoted")
    parser.add_argument(
        "--patience", type=float, default=4.0, help="seconds to wait for a quiet machine before a run (4)"
    )
    parser.add_argument("--list", action="store_true", help="say what there is and stop")
    parser.add_argument("--markdown", action="store_true", help="print the tables as docs/benchmarks.md has them")
    return parser.parse_args()


def modules() -> list[ModuleType]:
    """Every module of this folder that has cases."""
    names = sorted((found.name for found in pkgutil.iter_modules(tests.bench.__path__)), key=_place)
    loaded = [importlib.import_module(f"tests.bench.{name}") for name in names if not name.startswith(("test_", "__"))]
    return [module for module in loaded if hasattr(module, "cases") and hasattr(module, "FIGURES")]


def _afresh(case: Case) -> Case:
    """The same on tables as they were: the tenth round is to find what the first one did."""
    return replace(case, run=partial(ground.afresh, case.run))


def _place(name: str) -> tuple[int, str]:
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def tell(done: int, of: int, sample: Sample) -> None:
    """The progress bar, and what the last run said."""
    filled = BAR * done // of
    said = f"{sample.measured.value('rate'):,.0f}/s" if sample.measured else f"BROKEN {sample.problem}"
    line = f"[{'#' * filled}{'.' * (BAR - filled)}] {done}/{of} {sample.case}, round {sample.round}: {said}"
    sys.stdout.write(f"{line}, background {sample.background:.2f}\n")
    sys.stdout.flush()


def show(figures: list[Figure], samples: list[Sample], *, as_markdown: bool) -> None:
    layout = table.markdown if as_markdown else table.plain
    parts = [layout(table.cases(samples)), layout(table.figures(figures, samples)), *table.problems(samples)]
    sys.stdout.write("\n" + "\n\n".join(parts) + "\n")


def listed(cases: list[Case], figures: list[Figure]) -> str:
    lines = [f"{figure.name}: {figure.title} ({', '.join(sorted(figure.cases))})" for figure in figures]
    return "\n".join([*lines, "", "cases: " + ", ".join(case.name for case in cases)]) + "\n"


def main() -> int:
    asked = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped and the folder goes
    with ground.prepared(quick=asked.quick) as prepared:
        found = modules()
        figures = [figure for module in found for figure in module.FIGURES]
        cases = [_afresh(case) for module in found for case in module.cases(prepared)]
        if asked.list:
            sys.stdout.write(listed(cases, figures))
            return 0
        chosen = run.select(cases, figures, asked.only)
        facts = {"quick": asked.quick, "seed": asked.seed, "repeats": asked.repeats, "tools": tools.version()}
        keep = partial(ledger.append, KEPT / "runs.jsonl", facts=facts, now=datetime.now(UTC))

        def note(done: int, of: int, sample: Sample) -> None:
            keep([sample])  # at once: who stops it halfway keeps what was measured
            tell(done, of, sample)

        samples = run.run(chosen, Plan(asked.repeats, asked.seed, asked.patience), note)
    show(figures, samples, as_markdown=asked.markdown)
    return 1 if any(sample.problem for sample in samples) else 0


if __name__ == "__main__":
    sys.exit(main())
