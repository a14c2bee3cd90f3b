"""Two relays, the first of which comes and goes: it hangs up after taking, says it is closing, is well again.

Senders are killed meanwhile. What it may have taken must never go to the other one.
"""

import random
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from django.conf import settings
from django.db import connection

from newsletter.models import Breaker
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.kills import at_random
from tests.chaos.stage import UNHURRIED, Stage, let_time_pass, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.fakes.smtp_faults import Fault

NAME = "two_relays"
ABOUT = "a first relay that comes and goes, a second to turn to, and kills"
MOODS: dict[str, list[dict[str, Any]]] = {
    "well": [],
    "takes and hangs up": [{"at": "dot", "do": "accept_drop"}],
    "well again": [],
    "closing": [{"at": "mail", "reply": "421 4.3.2 closing"}],
    "takes some and hangs up": [{"at": "dot", "do": "accept_drop", "share": 0.3}],
}
FULL, QUICK = (3000, 60), (600, 10)
KILLS_A_MOOD = 2


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, kills = QUICK if quick else FULL
    with stage(ground, NAME, seed, with_spare=True) as made:
        world.leads(mails)
        world.campaign(made.owner)
        made.start_senders()
        planned(mails)
        dropped = 0
        chance = random.Random(seed)
        for faults in moods(made, kills // KILLS_A_MOOD):
            at_random(made, KILLS_A_MOOD, chance, idle=let_time_pass)
            dropped += sum(fault.struck for fault in faults if fault.do == "accept_drop")
        made.sink.rules.faults[:] = []
        let_it_be_tried()
        verdict = Verdict({"kills": kills, "taken and hung up": dropped})
        conclude(made, verdict, doubts_at_most=lambda: settings.SENDER_CONNECTIONS * kills + dropped)
        return by_relay(made, verdict)


def moods(made: Stage, count: int) -> Iterator[list[Fault]]:
    """One mood of the first relay after another; each time as if the breaker had waited long enough."""
    for described in islice(cycle(MOODS.values()), count):
        made.sink.rules.faults[:] = faults = [Fault(**one) for one in described]
        let_it_be_tried()
        if any(fault.share == 1 for fault in faults):
            wait_until(is_left_alone, what="the senders' turning away from the first relay")
        yield faults


def is_left_alone() -> bool:
    """Whether the breaker is open; what rests meanwhile is brought forward, so that somebody asks the relay."""
    let_time_pass()
    return Breaker.objects.filter(opened_at__isnull=False).exists()


def let_it_be_tried() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletter_breaker SET next_try_at = clock_timestamp() WHERE opened_at IS NOT NULL")


def by_relay(made: Stage, verdict: Verdict) -> Verdict:
    counts = [len(relay.accepted) for relay in made.relays]
    verdict.figures |= {"by the first": counts[0], "by the second": counts[1]}
    verdict.must(min(counts) > 0, "one of the relays took nothing")
    return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that give the second relay what the first did not say yes to."""
    mails = 300 if quick else 1000
    rules = {"seed": seed, "latency": UNHURRIED, "faults": [{"at": "dot", "do": "accept_drop", "share": 0.05}]}
    with naive_runs.naive_stage(ground, mails=mails, rules=rules, with_spare=True) as made:
        return naive_runs.to_the_end(made, naive_runs.start(made, "turning"), {})
