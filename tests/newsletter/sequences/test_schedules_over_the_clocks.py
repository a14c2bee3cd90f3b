"""Schedules by chance, laid across the changes of the clocks and compared with a clock watched minute by minute.

A few hundred in every test run; ten thousand of them are `make chaos ARGS="--only clock_changes"`.
"""

from tests.chaos.clock_changes import lay, naive, ours

FEW = 300


def test_none_is_early_none_is_missed_and_none_is_outside_its_window():
    assert lay(ours, seed=4, count=FEW).line() == (
        f"changes 70, schedules {FEW}, early 0, missed 0, outside the window 0: good"
    )


def test_whoever_counts_days_as_24_hours_is_found_out():
    assert lay(naive, seed=4, count=FEW // 5).violations != []
