"""A sender is stopped (SIGSTOP) until its lease has run out and another has done the work, and is woken then.

Stopped before its mark, it must send nothing when it wakes; after it, only what lies in its own window, which nobody
else has sent. Meanwhile the unsubscribe page waits for it for two seconds at most: two people leave at once for whose
addresses it holds the locks. A lease is made to run out by moving its end, as the passing of time would; one round
waits the real minute.
"""

import random
import signal
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil
from django.conf import settings
from django.db import connection

from clinic.clock import database_now
from leads.models import Lead
from leads.people.addresses import BUCKETS, LOCK_CLASS
from newsletter.deliveries.models import CHUNK_SIZE, State
from newsletter.deliveries.sending import windows
from newsletter.models import Chunk, Uncertain
from tests.chaos import naive_runs, world
from tests.chaos.arena import locked
from tests.chaos.ground import Ground
from tests.chaos.naive_runs import naive_stage
from tests.chaos.stage import Stage, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude, delivery_of, for_these, taken
from tests.chaos.website import Website, open_website

NAME = "frozen"
ABOUT = "a sender is stopped past its lease, and woken"
FULL, QUICK = (10, 10, 1), (1, 1, 0)
MAILS = 300
LONGEST_WAIT, PATIENCE = 2.0, 10.0
"""Seconds that a click may take; where much else is at work beside the short form it takes longer, but not until the
sleeper wakes."""
LATENCY = (0.04, 0.08)
SEND = ("django", "send", "--lane", "marketing", "--drain")
FIRST_WINDOW = min(windows.FIRST, settings.SENDER_WINDOW)
WAITS_AT_THE_GATE = """
    SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE NOT l.granted AND l.locktype = 'advisory' AND a.application_name = %s
"""
WAIT_FOR = """
    SELECT a.pid FROM pg_stat_activity a JOIN pg_stat_activity s ON s.pid = ANY(pg_blocking_pids(a.pid))
    WHERE s.application_name = %s
"""


@dataclass(frozen=True)
class Lease:
    """Whose the round's chunk is, the how-manieth lease of it that is, and its mark; nobody's if `owner` is empty."""

    owner: str
    fence: int
    mark: int

    def is_of(self, process: subprocess.Popen) -> bool:
        return f"-{process.pid}-" in self.owner


@dataclass(frozen=True)
class Played:
    """One freeze: what lay in the sleeper's window, what left after it woke, and what had been taken by then."""

    own: set[int]
    woken: set[int]
    had: Counter[int]


class Round:
    """One campaign, one sender that is stopped, one that takes over.

    Somebody at its end leaves before it begins, so that the website is awake when it matters.
    """

    def __init__(self, made: Stage, website: Website, number: int) -> None:
        self.made, self.website, self.number = made, website, number
        world.campaign(made.owner, name=f"Round {number}", subject=f"Round {number}")
        planned(MAILS * (number + 1))
        self.ids = list(world.letters().order_by("id").values_list("id", flat=True))[-MAILS:]
        self.website.leave(self.ids[-1])
        self.slowest = 0.0
        self.waited: set[int] = set()

    def start(self, name: str) -> subprocess.Popen:
        """PostgreSQL knows its connection by this name."""
        name = f"{name}{self.number}"
        return self.made.crew.start(name, *SEND, PGAPPNAME=name)

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
            wait_until(lambda: asked(WAITS_AT_THE_GATE, self.sleeper) == [(1,)], what="the sleeper at the gate")
            stop(sleeper)
        return sleeper

    def stop_after_the_mark(self, chance: random.Random) -> subprocess.Popen:
        so_far = len(self.made.sink.accepted) + chance.randrange(5, MAILS // 2)
        sleeper = self.start("sleeper")
        wait_until(lambda: self.made.has_taken(so_far), what="a sender in mid-window")
        stop(sleeper)
        return sleeper

    @property
    def sleeper(self) -> str:
        return f"sleeper{self.number}"

    def lease(self) -> Lease:
        """The lease of this moment."""
        chunk = Chunk.objects.get(pk=self.ids[0] // CHUNK_SIZE)
        holds = chunk.lease_until is not None and chunk.lease_until > database_now() and not chunk.done
        return Lease(chunk.lease_owner if holds else "", chunk.fence, chunk.mark)

    def click(self, *, before: bool) -> None:
        """Two who stand in the window at whose gate it sleeps leave at once; else two whom it had not come to.

        A click on a link in a mail that is in doubt would tell that it arrived, as it does in life.
        """
        places = (1, FIRST_WINDOW - 1) if before else (-3, -2)
        with ThreadPoolExecutor(len(places)) as pool:
            clicks = [pool.submit(self.website.leave, self.ids[place]) for place in places]
            while not all(click.done() for click in clicks):
                self.waited |= {pid for (pid,) in asked(WAIT_FOR, self.sleeper)}
                time.sleep(0.01)
        self.slowest = max(click.result() for click in clicks)

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

    def wake(self, sleeper: subprocess.Popen, owner: str) -> tuple[set[int], set[int]]:
        """What was in this owner's window, and what was taken after it woke."""
        own = set(Uncertain.objects.filter(lease_owner=owner).values_list("delivery_id", flat=True))
        so_far = len(self.made.sink.accepted)
        sleeper.send_signal(signal.SIGCONT)
        sleeper.wait(90)
        return own, {delivery_of(entry["message_id"]) for entry in self.made.sink.accepted[so_far:]}


def asked(question: str, name: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, [name])
        return cursor.fetchall()


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGSTOP)
    found = psutil.Process(process.pid)
    wait_until(lambda: found.status() == psutil.STATUS_STOPPED, what="the sleeper's sleep")


def no_lease_holds() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM newsletter_chunk WHERE NOT done AND lease_until > clock_timestamp()")
        return cursor.fetchone()[0] == 0


def play(one: Round, chance: random.Random, verdict: Verdict, *, before: bool, really: bool) -> Played:
    sleeper = one.stop_before_the_mark() if before else one.stop_after_the_mark(chance)
    asleep = one.lease()
    verdict.must(asleep.is_of(sleeper), f"round {one.number}: the sleeper held no lease")
    verdict.must((asleep.mark == 0) == before, f"round {one.number}: stopped at mark {asleep.mark}")
    one.click(before=before)
    one.let_the_lease_run_out(really=really)
    one.take_over()
    verdict.must(one.lease().fence > asleep.fence, f"round {one.number}: nobody took the lease over")
    had = taken(one.made)
    return Played(*one.wake(sleeper, asleep.owner), had)


def compare(one: Round, found: Played, verdict: Verdict, *, before: bool, longest: float) -> None:
    may = set() if before else found.own & set(one.ids)
    verdict.must(found.woken <= may, f"round {one.number}: sent what was not its own")
    verdict.must(not found.woken & found.had.keys(), f"round {one.number}: sent what another had sent")
    verdict.must(one.slowest < longest, f"round {one.number}: an unsubscribe waited {one.slowest:.1f} s")
    verdict.must(len(one.waited) == 2 or not before, f"round {one.number}: {len(one.waited)} clicks waited for it")


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    before, after, real = QUICK if quick else FULL
    chance, verdict = random.Random(seed), Verdict({"before the mark": before, "after it": after + real})
    rounds: list[Round] = []
    late = 0
    with stage(ground, NAME, seed, {"latency": LATENCY}) as made, open_website(made) as website:
        made.crew.start_worker("tick")
        made.crew.start_beat()
        for number in range(before + after + real):
            world.leads(MAILS - Lead.objects.exclude(consents__withdrawn_at__isnull=False).count(), name=f"r{number}x")
            rounds.append(one := Round(made, website, number))
            found = play(one, chance, verdict, before=number < before, really=number >= before + after)
            compare(one, found, verdict, before=number < before, longest=PATIENCE if quick else LONGEST_WAIT)
            late += len(found.woken)
            one.start_and_wait("closer")
        verdict.must(late, "nothing was sent after waking")
        verdict.figures |= {"sent after waking": late, "clicks that waited": sum(len(one.waited) for one in rounds)}
        verdict.figures["slowest click s"] = round(max(one.slowest for one in rounds), 2)
        doubts = settings.SENDER_CONNECTIONS * (after + real)
        made.start_sender("marketing")
        who_left = Lead.objects.filter(consents__withdrawn_at__isnull=False)
        return conclude(made, verdict, doubts_at_most=lambda: doubts, may_end=for_these(who_left, State.REFUSED))


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
