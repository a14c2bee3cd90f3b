"""What a finished mail costs: made ready once, filled for each recipient."""

import sys
import time

import pytest

from newsletter.rendering.letter import Letter, prepare
from tests.email import shipped
from tests.newsletter.rendering.revisions import recipient

pytestmark = pytest.mark.bench
COPIES = 5_000


def microseconds(letter: Letter) -> float:
    """The best of five runs, per copy, in processor time."""
    people = [recipient(token=f"{number:022d}", first_name=f"Zoë {number}") for number in range(COPIES)]
    runs = []
    for _ in range(5):
        started = time.process_time()
        for person in people:
            letter.fill(person)
        runs.append(time.process_time() - started)
    return min(runs) / COPIES * 1e6


def test_filling_a_letter() -> None:
    for preset in shipped.COURSE:
        compiled = shipped.compiled(preset)
        started = time.process_time()
        letter = prepare(compiled)
        ready = (time.process_time() - started) * 1e3

        size = len(letter.fill(recipient())) / 1024
        cost = microseconds(letter)
        sys.stdout.write(f"{preset.key}: {size:.1f} KB, {cost:.1f} us a copy, {ready:.1f} ms to make ready\n")
        assert size < 80
