"""The harness, tried out end to end: whether it measures, not how fast anything is."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from newsletter.deliveries.models import Outcome, State
from tests.bench import crowd, ledger, relay, run, sending, table
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured, Sample, result
from tests.bench.run import Plan
from tests.chaos.arena import environment
from tests.conftest import SERVERS

MAILS = 200
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIGURE = Figure("speed", "how fast", "ours", 0.5, 2.0, to="theirs")


class TestGround(Ground):
    """The test's own database instead of one for the run."""

    __test__ = False

    def environment(self, **variables: str) -> dict[str, str]:
        return environment(int(variables["SMTP_PORT"]), self.folder)


def sample(case: str, rate: float, *, number: int = 1) -> Sample:
    return Sample(case, number, AT, Measured(100, 100 / rate))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_run_with_a_case_that_works_and_one_that_breaks_is_shown_and_kept_whole(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(crowd, "_seeded", 0)
    monkeypatch.setattr(crowd, "_variants", [])
    ground = TestGround(tmp_path, SERVERS, quick=True)

    def engine() -> Measured:
        batch = crowd.plan(MAILS)
        with relay.own_sink(tmp_path) as sink:
            return sending.drive(ground, sink, batch)

    def broken() -> Measured:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        raise AssertionError

    cases = [Case("engine", "ours", engine), Case("engine", "theirs", broken)]
    told: list[str] = []
    samples = run.run(cases, Plan(repeats=1, patience=0), lambda done, of, _: told.append(f"{done}/{of}"))
    ledger.append(tmp_path / "runs.jsonl", samples, facts={"quick": True}, now=AT)
    lines = [json.loads(line) for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    by_case = {line["case"]: line for line in lines}

    assert told == ["1/2", "2/2"]
    assert by_case["ours"]["problem"] == ""
    assert by_case["ours"]["measured"]["count"] == MAILS == Outcome.objects.filter(state=State.SUBMITTED).count()
    assert all(by_case["ours"]["measured"][part] > 0 for part in ("seconds", "peak_bytes"))
    assert "division by zero" in by_case["theirs"]["problem"]
    assert by_case["theirs"]["measured"] is None
    assert all(line["machine"]["cores"] and line["run"] and line["commit"] == ledger.commit() for line in lines)
    assert [row[-1] for row in table.figures([FIGURE], samples)] == ["verdict", "BROKEN"]
    assert table.problems(samples) == [f"BROKEN theirs, round 1: {by_case['theirs']['problem']}"]
    assert [row[0] for row in table.cases(samples)] == ["case", "ours", "theirs"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_sender_that_does_not_send_everything_is_no_measurement(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(crowd, "_seeded", 0)
    monkeypatch.setattr(crowd, "_variants", [])
    batch = crowd.plan(1)

    with pytest.raises(crowd.Unexpected, match="0 were submitted instead of 1"):
        sending.accepted(batch)


@pytest.mark.parametrize(
    ("ours", "verdict"), [(400.0, "aim"), (100.0, "required"), (49.0, "MISSED"), (50.0, "required"), (200.0, "aim")]
)
def test_a_ratio_is_judged_by_what_is_required_and_what_is_aimed_at(ours: float, verdict: str):
    assert result(FIGURE, [sample("ours", ours), sample("theirs", 100.0)]).verdict == verdict


def test_of_a_figure_that_should_be_low_less_is_better():
    figure = replace(FIGURE, to="", metric="us", required=20_000, aim=10_000, lower_is_better=True)

    assert [result(figure, [sample("ours", rate)]).verdict for rate in (101.0, 51.0, 49.0)] == [
        "aim",
        "required",
        "MISSED",
    ]


def test_a_ratio_is_made_of_medians_and_its_spread_of_rounds():
    rates = {"ours": (100.0, 300.0, 200.0), "theirs": (100.0, 100.0, 400.0)}
    samples = [sample(case, rate, number=n) for case, all_rates in rates.items() for n, rate in enumerate(all_rates)]

    found = result(FIGURE, samples)

    assert (found.runs, found.middle, found.least, found.most) == (3, 2.0, 0.5, 3.0)


def test_one_broken_run_breaks_its_figure_whatever_the_others_say():
    samples = [sample("ours", 1000.0), sample("theirs", 1.0), Sample("ours", 2, AT, None, problem="it fell over")]

    assert result(FIGURE, samples).verdict == "BROKEN"


def test_a_figure_whose_other_case_did_not_run_is_broken():
    assert result(FIGURE, [sample("ours", 1000.0)]).problem == "theirs did not run"


def test_every_case_runs_once_a_round_and_a_dear_one_only_in_the_first_rounds():
    cases = [Case("x", name, lambda: Measured(1, 1), rounds) for name, rounds in (("a", None), ("b", None), ("c", 1))]

    orders = [(number, case.name) for number, case in run.order(cases, Plan(repeats=3))]

    assert sorted(orders) == [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b"), (3, "a"), (3, "b")]
    assert len({tuple(name for _, name in run.order([*cases[:2]], Plan(1, seed))) for seed in range(20)}) == 2


def test_a_figure_brings_the_case_it_is_compared_with():
    cases = [Case("x", name, lambda: Measured(1, 1)) for name in ("ours", "theirs", "others")]

    assert [case.name for case in run.select(cases, [FIGURE], ["speed"])] == ["ours", "theirs"]
    assert [case.name for case in run.select(cases, [FIGURE], [])] == ["ours", "theirs", "others"]
    with pytest.raises(LookupError, match="There is no sped"):
        run.select(cases, [FIGURE], ["sped"])


def test_tables_can_be_read_and_pasted():
    rows = table.figures([FIGURE], [sample("ours", 300.0), sample("theirs", 100.0)])

    assert table.plain(rows).splitlines()[2].split() == ["how", "fast", "0.5x", "2x", "3x", "3", "-", "3", "1", "aim"]
    assert table.markdown(rows).splitlines()[2] == "| how fast | 0.5x | 2x | 3x | 3 - 3 | 1 | aim |"
