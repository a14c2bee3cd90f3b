"""Every way that two senders can get into each other's way over two mails, breadth first."""

from collections import deque
from dataclasses import dataclass

import pytest

from tests.newsletter.deliveries.small_model import Rules, World, steps

SCENES = {
    "two kills": {"crashes": 2, "freezes": 0, "troubles": 0, "stops": 0},
    "a kill and a frozen sender": {"crashes": 1, "freezes": 1, "troubles": 0, "stops": 0},
    "a kill and a stop": {"crashes": 1, "freezes": 0, "troubles": 0, "stops": 1},
    "a frozen sender and a stop": {"crashes": 0, "freezes": 1, "troubles": 0, "stops": 1},
    "a kill and a relay that errs": {"crashes": 1, "freezes": 0, "troubles": 1, "stops": 0},
    "a frozen sender and a relay that errs": {"crashes": 0, "freezes": 1, "troubles": 1, "stops": 0},
    "a frozen sender, a stop and a refusal": {"crashes": 0, "freezes": 1, "troubles": 0, "stops": 1, "refusals": 1},
    "a kill and a refusal": {"crashes": 1, "freezes": 0, "troubles": 1, "stops": 0, "refusals": 1},
    "a kill, a frozen sender and a relay that errs": {"crashes": 1, "freezes": 1, "troubles": 1, "stops": 0},
}


@dataclass
class Walk:
    seen: int
    violation: list[str] | None


def explore(world: World) -> Walk:
    """Walk through every state; stop at the first that breaks a promise, with the way that led there."""
    came_from: dict[World, tuple[World, str] | None] = {world: None}
    waiting = deque([world])
    while waiting:
        here = waiting.popleft()
        onward = list(steps(here))
        broken = problem(here, is_last=not onward)
        if broken:
            return Walk(len(came_from), [*way(came_from, here), broken])
        for what, then in onward:
            if then not in came_from:
                came_from[then] = (here, what)
                waiting.append(then)
    return Walk(len(came_from), None)


def problem(world: World, *, is_last: bool) -> str:
    """What must never be: a second mail; an outcome that is not true; in the end, somebody forgotten."""
    for number, row in enumerate(world.rows):
        if row.taken > 1:
            return f"{number} was mailed twice"
        if row.outcome == "submitted" and not row.taken:
            return f"{number} counts as submitted and never left"
        if row.outcome == "refused" and row.taken:
            return f"{number} counts as refused and left"
        if row.outcome and (row.doubt or row.later):
            return f"{number} has ended, and waits as well"
        if is_last and row.is_open:
            return f"{number} was forgotten"
    return ""


def way(came_from, world):
    taken = []
    while came_from[world] is not None:
        world, what = came_from[world]
        taken.append(what)
    return taken[::-1]


@pytest.mark.parametrize("window", [1, 2])
@pytest.mark.parametrize("scene", SCENES)
def test_nobody_is_mailed_twice_and_nobody_is_forgotten(scene, window):
    walk = explore(World(**SCENES[scene], rules=Rules(window=window)))

    assert walk.violation is None
    assert walk.seen > 100


@pytest.mark.parametrize(
    ("rule", "scene", "harm"),
    [
        ("marks_before_hand_over", "two kills", "was mailed twice"),
        ("claims_doubt", "two kills", "was mailed twice"),
        ("begins_in_journal", "two kills", "was mailed twice"),
        ("checks_fence", "a frozen sender and a stop", "was forgotten"),
        ("holds_later", "a frozen sender, a stop and a refusal", "counts as refused and left"),
        ("forgets_at_the_end", "a kill and a relay that errs", "was mailed twice"),
    ],
)
def test_without_one_of_the_rules_a_promise_is_broken(rule, scene, harm):
    """The search is not blind: each rule is there for a reason, and the way to the harm is found."""
    walk = explore(World(**SCENES[scene], rules=Rules(**{rule: False, "window": 1})))

    assert walk.violation is not None
    assert walk.violation[-1].endswith(harm)
