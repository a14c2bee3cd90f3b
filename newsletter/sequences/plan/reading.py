"""Reading a plan from JSON: the right shape or `Unreadable`, whoever wrote it."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from enum import StrEnum
from typing import Any

from newsletter.sequences.plan.document import (
    DEEPEST,
    EVERY_DAY,
    MOST_DAYS,
    MOST_STEPS,
    OPTIONS,
    SCHEMA,
    Again,
    Condition,
    Event,
    EventKind,
    Hours,
    Plan,
    Scarce,
    Step,
    StepKind,
    Trigger,
    TriggerKind,
    Unreadable,
    every,
)
from newsletter.sequences.schedule import Wait

CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
LONGEST = 500
MOST_CONDITIONS = 20
BIGGEST = 2**31 - 1


def read(found: object) -> Plan:
    """The plan that `document.write` wrote; raises Unreadable."""
    values = _mapping(found, "plan")
    if values.get("schema") != SCHEMA:
        raise Unreadable(f"plan: schema {values.get('schema')!r} is not known.")
    readers: dict[str, Callable[[Any, str], Any]] = {
        "schema": lambda one, _path: one,
        "trigger": _trigger,
        "entry": _conditions,
        "again": _choice(Again),
        "again_days": _number(0, MOST_DAYS * 10),
        "again_repeats": _flag,
        "goal": _maybe(_event),
        "hours": _hours,
        "keeps_holidays": _flag,
        "holdout": _number(0, 50),
        "steps": lambda one, path: _steps(one, path, 0),
    }
    read_ones = _fields(values, readers, "plan")
    del read_ones["schema"]
    plan = Plan(**read_ones)
    _check_keys(plan)
    return plan


def read_step(found: object) -> Step:
    """One step without its branches; raises Unreadable."""
    return _step(found, "step", DEEPEST)


def _check_keys(plan: Plan) -> None:
    keys = [step.key for step in every(plan.steps)]
    if len(keys) > MOST_STEPS:
        raise Unreadable(f"plan: more than {MOST_STEPS} steps.")
    if len(set(keys)) < len(keys):
        raise Unreadable("plan: two steps have the same key.")


def _steps(found: object, path: str, depth: int) -> tuple[Step, ...]:
    if not isinstance(found, list):
        raise Unreadable(f"{path}: not a list.")
    if depth > DEEPEST:
        raise Unreadable(f"{path}: branches in branches more than {DEEPEST} deep.")
    return tuple(_step(one, f"{path}.{place}", depth) for place, one in enumerate(found))


def _step(found: object, path: str, depth: int) -> Step:
    values = _mapping(found, path)
    kind = _choice(StepKind)(values.get("kind"), f"{path}.kind")
    deeper: Callable[[Any, str], Any] = lambda one, where: _steps(one, where, depth + 1)  # noqa: E731
    readers = {name: READERS.get(name, deeper) for name in OPTIONS[kind]}
    rest = {name: value for name, value in values.items() if name not in ("key", "kind")}
    return Step(_number(1, 32_767)(values.get("key"), f"{path}.key"), kind, **_fields(rest, readers, path))


def _fields(values: Mapping[str, Any], readers: Mapping[str, Callable[[Any, str], Any]], path: str) -> dict[str, Any]:
    unknown = sorted(set(values) - set(readers))
    if unknown:
        raise Unreadable(f"{path}: nothing is called {unknown[0]!r}.")
    return {name: readers[name](value, f"{path}.{name}") for name, value in values.items()}


def _mapping(found: object, path: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise Unreadable(f"{path}: not an object.")
    return found


def _number(least: int, most: int) -> Callable[[Any, str], int]:
    def reader(found: Any, path: str) -> int:
        if type(found) is not int or not least <= found <= most:
            raise Unreadable(f"{path}: not a whole number from {least} to {most}.")
        return found

    return reader


def _words(found: Any, path: str) -> str:
    if not isinstance(found, str) or len(found) > LONGEST or "\x00" in found:
        raise Unreadable(f"{path}: not a text of at most {LONGEST} characters.")
    return found


def _flag(found: Any, path: str) -> bool:
    if type(found) is not bool:
        raise Unreadable(f"{path}: neither true nor false.")
    return found


def _clock(found: Any, path: str) -> time:
    matched = CLOCK.match(found) if isinstance(found, str) else None
    if matched is None:
        raise Unreadable(f"{path}: not a time such as 09:30.")
    return time(int(matched[1]), int(matched[2]))


def _choice[Choice: StrEnum](choices: type[Choice]) -> Callable[[Any, str], Choice]:
    def reader(found: Any, path: str) -> Choice:
        try:
            return choices(found)
        except ValueError:
            raise Unreadable(f"{path}: not one of {', '.join(choices)}.") from None

    return reader


def _maybe(reader: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda found, path: None if found is None else reader(found, path)


def _object(of: Callable[..., Any], **readers: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def reader(found: Any, path: str) -> Any:
        try:
            return of(**_fields(_mapping(found, path), readers, path))
        except TypeError:
            raise Unreadable(f"{path}: something is missing.") from None

    return reader


def _weekdays(found: Any, path: str) -> frozenset[int]:
    if not isinstance(found, list) or not all(type(day) is int and day in EVERY_DAY for day in found):
        raise Unreadable(f"{path}: not a list of weekdays from 0 to 6.")
    return frozenset(found)


def _condition(found: Any, path: str) -> Condition:
    values = _mapping(found, path)
    if set(values) - {"name", "value", "not"}:
        raise Unreadable(f"{path}: not a condition.")
    return {
        "name": _words(values.get("name"), f"{path}.name"),
        "value": _words(values.get("value", ""), f"{path}.value"),
        "not": _flag(values.get("not", False), f"{path}.not"),
    }


def _conditions(found: Any, path: str) -> tuple[Condition, ...]:
    if not isinstance(found, list) or len(found) > MOST_CONDITIONS:
        raise Unreadable(f"{path}: not a list of at most {MOST_CONDITIONS} conditions.")
    return tuple(_condition(one, f"{path}.{place}") for place, one in enumerate(found))


_id = _number(1, BIGGEST)
_event = _object(Event, kind=_choice(EventKind), value=_words)
_trigger = _object(Trigger, kind=_choice(TriggerKind), value=_words, number=_number(0, 3650))
_wait = _object(Wait, days=_number(0, MOST_DAYS), hours=_number(0, 23), minutes=_number(0, 59), at=_maybe(_clock))
_hours = _object(Hours, weekdays=_weekdays, opens=_clock, closes=_clock, keeps_holidays=_maybe(_flag))
_scarce = _object(Scarce, fewer=_number(1, 100), days=_number(1, 60), email=_maybe(_id))

READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "wait": _wait,
    "hours": _maybe(_hours),
    "email": _maybe(_id),
    "scarce": _maybe(_scarce),
    "event": _maybe(_event),
    "days": _number(0, MOST_DAYS),
    "condition": _maybe(_condition),
    "share": _number(1, 99),
    "tag": _words,
    "adds": _flag,
    "text": _words,
    "sequence": _maybe(_id),
}
