"""A relay that errs: it takes mails and hangs up, says "later" at RCPT and at the dot, and knows some people not.

Senders are killed meanwhile. What the relay says of a person for good is asked once.
"""

import random
from collections.abc import Collection

from django.conf import settings

from leads.models import Lead
from newsletter.deliveries.models import State
from newsletter.models import Delivery, Outcome
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.kills import at_random
from tests.chaos.stage import UNHURRIED, Stage, planned, stage
from tests.chaos.verdict import Endings, Verdict, conclude, for_these

NAME = "relay_faults"
ABOUT = "3 % accepted and hung up, 3 % later at RCPT, 3 % later at the dot, 3 % unknown, and kills"
SHARE = 0.03
GONE = "gone"
FAULTS = [
    {"at": "rcpt", "reply": "550 5.1.1 nobody here", "recipient": GONE},
    {"at": "rcpt", "reply": "450 4.2.0 later", "share": SHARE},
    {"at": "dot", "do": "accept_drop", "share": SHARE},
    {"at": "dot", "reply": "451 4.3.0 later", "share": SHARE},
]
NAMES = ("knows nobody there", "later at RCPT", "taken and hung up", "later at the dot")
"""What each of these is called in the summary."""
NOBODY_THERE = "rcpt: 550 5.1.1"
FULL, QUICK = (3000, 60), (500, 6)
PARCEL = 100
"""Unknown people stand among the others: many behind one another would stop the campaign, as they should."""


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, kills = QUICK if quick else FULL
    unknown = int(PARCEL * SHARE)
    with stage(ground, NAME, seed, {"faults": FAULTS}) as made:
        for number in range(mails // PARCEL):
            world.leads(PARCEL - unknown, name=f"p{number}x")
            world.leads(unknown, name=f"{GONE}{number}x")
        world.campaign(made.owner)
        made.start_senders()
        planned(mails)
        at_random(made, kills, random.Random(seed))
        verdict = Verdict({"kills": kills})
        dropped = made.sink.rules.faults[2]
        at_most = settings.SENDER_CONNECTIONS * kills
        conclude(made, verdict, doubts_at_most=lambda: at_most + dropped.struck, may_end=unknown_here())
        struck = {name: fault.struck for name, fault in zip(NAMES, made.sink.rules.faults, strict=True)}
        verdict.figures |= struck
        verdict.must(all(struck.values()), f"a kind of fault never struck: {struck}")
        return ask_once(made, verdict)


def unknown_here() -> Endings:
    return for_these(Lead.objects.filter(email__startswith=GONE), State.FAILED, State.REFUSED)


def ask_once(made: Stage, verdict: Verdict) -> Verdict:
    """All whom the relay does not know were named to it, and nobody again after its answer had been heard.

    A sender that is killed before it has read the answer knows nothing of it: `unheard`. Whoever hears it writes down
    that this mail has failed, and so each of them ends.
    """
    unknown = dict(Lead.objects.filter(email__startswith=GONE).values_list("pk", "email"))
    asked = {who: times for who, times in made.sink.offered.items() if who.startswith(GONE)}
    heard = {who for session in made.sink.sessions for who, _ in session.heard} & asked.keys()
    again = made.sink.named_in_vain & asked.keys()
    unheard = sum(1 for who, times in asked.items() if times > 1 and who not in again)
    failed = {unknown[lead] for lead in failures(unknown)}
    verdict.figures |= {"unknown people": len(unknown), "asked": len(asked), "answer heard": len(heard)}
    verdict.figures |= {"asked again": len(again), "answer unheard": unheard, "failed": len(failed)}
    verdict.must(asked.keys() == set(unknown.values()), f"{len(asked)} of {len(unknown)} unknown people were asked")
    verdict.must(heard, "no answer about an unknown person was heard")
    verdict.must(not again, f"{len(again)} unknown people were tried again")
    verdict.must(failed == asked.keys(), f"of {len(asked)} who were asked {len(failed)} failed for it")
    return verdict


def failures(unknown: Collection[int]) -> list[int]:
    """The people of every mail that ended because nobody lives there."""
    ended = Outcome.objects.filter(state=State.FAILED, reason__startswith=NOBODY_THERE).values("pk")
    theirs = Delivery.objects.filter(lead_id__in=unknown, pk__in=ended)
    return [lead or 0 for lead in theirs.values_list("lead_id", flat=True)]


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that take a lost connection for "not sent"."""
    mails, kills = (300, 3) if quick else (1000, 20)
    rules = {"seed": seed, "latency": UNHURRIED, "faults": FAULTS[2:]}
    return naive_runs.killed(ground, mails=mails, kills=kills, rules=rules)
