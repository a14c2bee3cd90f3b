"""The naive controls at work: the same world, the same disturbance, the same books. A clean one is a blind harness."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clinic.clock import database_now
from newsletter.campaigns import services as campaigns
from tests.chaos import world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, stage, wait_until
from tests.chaos.verdict import Verdict, books

ALIVE = (0.05, 0.7)


@contextmanager
def naive_stage(ground: Ground, *, mails: int, rules: dict[str, Any], with_spare: bool = False) -> Iterator[Stage]:
    """A planned campaign, and none of our senders."""
    with stage(ground, "naive", rules.get("seed", 0), rules, with_spare=with_spare) as made:
        world.leads(mails)
        world.campaign(made.owner)
        plan()
        yield made


def plan() -> None:
    """What the tick does."""
    campaigns.start_due(database_now())


def start(made: Stage, mode: str, *, count: int = 2, **environ: str) -> list[str]:
    """So many naive senders, each with a share of its own."""
    names = [f"{mode}{number}" for number in range(count)]
    for number, name in enumerate(names):
        made.crew.start(name, "tests.chaos.naive", mode, str(number), str(count), **environ)
    return names


def again(made: Stage, name: str, *, count: int = 2) -> None:
    """Start one anew that has ended."""
    made.crew.start(name, "tests.chaos.naive", name[:-1], name[-1], str(count))


def killed(ground: Ground, *, mails: int, kills: int, rules: dict[str, Any]) -> Verdict:
    chance = random.Random(rules["seed"])
    with naive_stage(ground, mails=mails, rules=rules) as made:
        names = start(made, "batch")
        done = 0
        while done < kills and not all(has_ended_well(made, name) for name in names):
            for name in names:
                if made.sockets_of(name):
                    time.sleep(chance.uniform(*ALIVE))
                    made.crew.kill(name)
                    again(made, name)
                    done += 1
            time.sleep(0.02)
        return to_the_end(made, names, {"kills": done})


def to_the_end(made: Stage, names: list[str], figures: dict[str, object], *, within: float = 120.0) -> Verdict:
    """Let them finish, starting anew whoever fell; then look into the books."""

    def are_done() -> bool:
        for name in names:
            if made.crew.processes[name].poll() not in {None, 0}:
                again(made, name, count=len(names))
        return all(has_ended_well(made, name) for name in names)

    wait_until(are_done, within=within, what="the end of the naive senders")
    return judged(made, figures)


def judged(made: Stage, figures: dict[str, object] | None = None) -> Verdict:
    verdict = Verdict(dict(figures or {}))
    books(made, verdict)
    return verdict


def has_ended_well(made: Stage, name: str) -> bool:
    return made.crew.processes[name].poll() == 0
