"""A sender is stopped (SIGSTOP) until its lease has run out and another has done the work, and is woken then.

Stopped before its mark, it must send nothing when it wakes; after it, only what lies in its own window, which nobody
else has sent. Meanwhile the unsubscribe page waits for it for two seconds at most. A lease is made to run out
by moving its end, as the passing of time would; one round waits the real minute.
"""

import random
import signal
import subprocess
from collections import Counter

from django.conf import settings
from django.db import connection

from clinic.clock import database_now
from leads.models import Lead
from leads.people.addresses import BUCKETS, LOCK_CLASS
from newsletter.models import Chunk, Uncertain
from tests.chaos import naive_runs, world
from tests.chaos.arena import locked, waiters
from tests.chaos.ground import Ground
from tests.chaos.naive_runs import naive_stage
from tests.chaos.stage import Stage, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude, delivery_of, taken
from tests.chaos.website import Website, open_website

NAME = "frozen"
ABOUT = "a sender is stopped past its lease, and woken"
FULL, QUICK = (10, 10, 1), (1, 1, 0)
MAILS = 300
LONGEST_WAIT = 2.0
LATENCY = (0.04, 0.08)
SEND = ("django", "send", "--lane", "marketing", "--drain")


class Round:
    """One campaign, one sender that is stopped, one that takes over."""

    def __init__(self, made: Stage, website: Website, number: int) -> None:
        self.made, self.website, self.number = made, website, number
        world.campaign(made.owner, name=f"Round {number}", subject=f"Round {number}")
        planned(MAILS * (number + 1))
        self.ids = list(world.letters().order_by("id").values_list("id", flat=True))[-MAILS:]
        self.slowest = 0.0

    def start(self, name: str) -> subprocess.Popen:
        return self.made.crew.start(f"{name}{self.number}", *SEND)

    def stop_before_the_mark(self) -> subprocess.Popen:
        """Its gate waits for the address of somebody in its window; there it is stopped."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT get_byte(l.address_hash, 0) * 256 + get_byte(l.address_hash, 1) FROM leads_lead l"
                " JOIN newsletter_delivery d ON d.lead_id = l.id WHERE d.id = %s",
                [self.ids[0]],
            )
            bucket = cursor.fetchone()[0] % BUCKETS
        with locked(f"SELECT pg_advisory_xact_lock({LOCK_CLASS}, {bucket})"):
            sleeper = self.start("sleeper")
            wait_until(lambda: waiters() > 0, what="a sender at the gate")
            sleeper.send_signal(signal.SIGSTOP)
        return sleeper

    def stop_after_the_mark(self, chance: random.Random) -> subprocess.Popen:
        so_far = len(self.made.sink.accepted) + chance.randrange(5, MAILS // 2)
        sleeper = self.start("sleeper")
        wait_until(lambda: self.made.has_taken(so_far), what="a sender in mid-window")
        sleeper.send_signal(signal.SIGSTOP)
        return sleeper

    def click(self, *, before: bool) -> None:
        """Two who stand in the window at whose gate it sleeps leave; else two whom it had not come to.

        A click on a link in a mail that is in doubt would tell that it arrived, as it does in life.
        """
        for one in (1, settings.SENDER_WINDOW - 1) if before else (-2, -1):
            self.slowest = max(self.slowest, self.website.leave(self.ids[one]))

    def let_the_lease_run_out(self, *, really: bool) -> None:
        if really:
            wait_until(no_lease_holds, within=90, what="the end of the lease")
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE newsletter_chunk SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_owner <> ''"
            )
            cursor.execute(
                "UPDATE newsletter_later SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_owner <> ''"
            )

    def take_over(self) -> None:
        wait_until(lambda: self.start_and_wait("follower") == 0, what="the follower's end")

    def start_and_wait(self, name: str) -> int:
        return self.start(name).wait(90)

    def wake(self, sleeper: subprocess.Popen) -> tuple[set[int], set[int]]:
        """What was in its own window, and what was taken after it woke."""
        own = set(Uncertain.objects.values_list("delivery_id", flat=True))
        so_far = len(self.made.sink.accepted)
        sleeper.send_signal(signal.SIGCONT)
        sleeper.wait(90)
        return own, {delivery_of(entry["message_id"]) for entry in self.made.sink.accepted[so_far:]}


def no_lease_holds() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM newsletter_chunk WHERE NOT done AND lease_until > clock_timestamp()")
        return cursor.fetchone()[0] == 0


def play(one: Round, chance: random.Random, *, before: bool, really: bool) -> tuple[set[int], set[int], Counter[int]]:
    """One freeze; what lay in the sleeper's window, what left after it woke, and what had been taken by then."""
    sleeper = one.stop_before_the_mark() if before else one.stop_after_the_mark(chance)
    one.click(before=before)
    one.let_the_lease_run_out(really=really)
    one.take_over()
    had = taken(one.made)
    own, woken = one.wake(sleeper)
    return own, woken, had


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    before, after, real = QUICK if quick else FULL
    chance, verdict = random.Random(seed), Verdict({"before the mark": before, "after it": after + real})
    slowest, late = 0.0, 0
    with stage(ground, NAME, seed, {"latency": LATENCY}) as made:
        made.crew.start_worker("tick")
        made.crew.start_beat()
        website = open_website(made)
        for number in range(before + after + real):
            world.leads(MAILS - Lead.objects.exclude(consents__withdrawn_at__isnull=False).count(), name=f"r{number}x")
            one = Round(made, website, number)
            own, woken, had = play(one, chance, before=number < before, really=number >= before + after)
            slowest, late = max(slowest, one.slowest), late + len(woken)
            verdict.must(woken <= (set() if number < before else own), f"round {number}: sent what was not its own")
            verdict.must(not woken & had.keys(), f"round {number}: sent what another had sent")
            one.start_and_wait("closer")
        verdict.figures |= {"sent after waking": late, "slowest click s": round(slowest, 2)}
        verdict.must(slowest < LONGEST_WAIT, f"an unsubscribe waited {slowest:.1f} s")
        doubts = settings.SENDER_CONNECTIONS * (after + real)
        made.start_sender("marketing")
        return conclude(made, verdict, doubts_at_most=lambda: doubts)


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """A sender that looks at its lease once, and knows no fence."""
    with naive_stage(ground, mails=MAILS, rules={"seed": seed, "latency": LATENCY}) as made:
        (sleeper,) = naive_runs.start(made, "leased", count=1)
        wait_until(lambda: made.has_taken(20), what="a naive sender in mid-chunk")
        made.crew.processes[sleeper].send_signal(signal.SIGSTOP)
        Chunk.objects.update(lease_until=database_now())
        made.crew.start("leased1", "tests.chaos.naive", "leased", "1", "2")
        wait_until(lambda: naive_runs.has_ended_well(made, "leased1"), what="the follower's end")
        made.crew.processes[sleeper].send_signal(signal.SIGCONT)
        wait_until(lambda: naive_runs.has_ended_well(made, sleeper), what="the sleeper's end")
        return naive_runs.judged(made)
