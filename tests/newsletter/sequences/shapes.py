"""Plans by chance: shapes that are drawn, steps made of them, what staff change about a plan, and what is mailed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import strategies as st

from newsletter.sequences.plan.document import Step, StepKind
from tests.newsletter.sequences import plans

MOST_STEPS = 10
SIMPLE = ["email", "email", "later", "pause", "tag", "untag", "notify"]
BRANCHING = ["until", "split", "lot"]
BRANCH = st.lists(st.sampled_from([*SIMPLE, "end"]), max_size=2)
SHAPE = st.tuples(st.sampled_from([*SIMPLE, *BRANCHING, "end"]), BRANCH, BRANCH)
CHANGES = ["insert", "insert", "remove", "append", "to_the_end", "within"]

Shape = tuple[str, list[str], list[str]]


@dataclass(frozen=True)
class Mail:
    """One mail that was planned: which, of which way, by which version, before which step."""

    id: int
    way: int
    version: int
    key: int
    at: datetime


def grown(shape: Shape, keys: Iterator[int]) -> Step:
    """A step of this shape, with keys that none had before."""
    kind, yes, no = shape
    key = next(keys)
    if kind not in BRANCHING:
        return leaf(kind, key)
    branches = {"yes": tuple(leaf(one, next(keys)) for one in yes), "no": tuple(leaf(one, next(keys)) for one in no)}
    return {
        "until": lambda: plans.until_clicked(key, 4, **branches),
        "split": lambda: plans.split(key, "warm", **branches),
        "lot": lambda: plans.lot(key, 50, **branches),
    }[kind]()


def leaf(kind: str, key: int) -> Step:
    return {
        "email": lambda: plans.email(key),
        "later": lambda: plans.email(key, 2),
        "pause": lambda: plans.pause(key, days=1, hours=5),
        "tag": lambda: plans.tag(key, "warm"),
        "untag": lambda: plans.tag(key, "warm", adds=False),
        "notify": lambda: Step(key, StepKind.NOTIFY, text="Call."),
        "end": lambda: plans.end(key),
    }[kind]()


def changed(steps: list[Step], change: str, place: int, new: Step) -> list[Step]:
    """These steps with one change; none if that would be too many, or nothing."""
    place %= len(steps)
    if change == "insert":
        steps.insert(place, new)
    elif change == "append":
        steps.append(new)
    elif change == "remove":
        steps.pop(place)
    elif change == "to_the_end":
        steps.append(steps.pop(place))
    elif steps[place].is_branching and not new.is_branching:
        steps[place] = replace(steps[place], yes=(*steps[place].yes, new))
    return steps if len(list(plans.plan(*steps).every())) <= MOST_STEPS else []


def lettered(steps: Sequence[Step], email: int) -> tuple[Step, ...]:
    """The same steps; every mail is this one."""
    return tuple(
        replace(
            step,
            email=email if step.kind == StepKind.EMAIL else None,
            yes=lettered(step.yes, email),
            no=lettered(step.no, email),
        )
        for step in steps
    )
