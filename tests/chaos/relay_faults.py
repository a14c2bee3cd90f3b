"""A relay that errs: it takes mails and hangs up, says "later" at RCPT and at the dot, and knows some people not.

Senders are killed meanwhile. What the relay says of a person for good is asked once.
"""

import random

from django.conf import settings

from leads.models import Lead
from newsletter.deliveries.models import State
from newsletter.models import Delivery, Outcome
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.kills import at_random
from tests.chaos.stage import UNHURRIED, Stage, planned, stage
from tests.chaos.verdict import Verdict, conclude

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
        verdict = Verdict({"kills": kills, "faults": sum(fault.struck for fault in made.sink.rules.faults)})
        dropped = made.sink.rules.faults[2]
        conclude(made, verdict, doubts_at_most=lambda: settings.SENDER_CONNECTIONS * kills + dropped.struck)
        return ask_once(made, verdict)


def ask_once(made: Stage, verdict: Verdict) -> Verdict:
    """Nobody whom the relay does not know was named to it again after its answer had been heard.

    A sender that is killed before it has read the answer knows nothing of it: `unheard`.
    """
    asked = {who: times for who, times in made.sink.offered.items() if who.startswith(GONE)}
    named = {who for who in made.sink.named_in_vain if who.startswith(GONE)}
    again, unheard = len(named), sum(1 for who, times in asked.items() if times > 1 and who not in named)
    gone = Lead.objects.filter(email__startswith=GONE).values("pk")
    theirs = Delivery.objects.filter(lead_id__in=gone).values("pk")
    failed = Outcome.objects.filter(delivery_id__in=theirs, state=State.FAILED).count()
    verdict.figures |= {"unknown people": len(asked), "asked again": again, "answer unheard": unheard, "failed": failed}
    verdict.must(again == 0, f"{again} unknown people were tried again")
    return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that take a lost connection for "not sent"."""
    mails, kills = (300, 3) if quick else (1000, 20)
    rules = {"seed": seed, "latency": UNHURRIED, "faults": FAULTS[2:]}
    return naive_runs.killed(ground, mails=mails, kills=kills, rules=rules)
