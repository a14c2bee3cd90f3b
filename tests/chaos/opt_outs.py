"""One-click unsubscribes race the campaign, each just ahead of a mark: whose opt-out was committed first gets nothing.

Each answer comes after its opt-out's commit: as soon as it is here, another connection looks for what was committed.
The order is the database's own: a trigger that fires at the opt-out's commit, under the address's lock, writes down
whether the mark had passed the person's delivery by then, and the moment. An accepted mail whose mark had not is a
violation. Whose mark had is under way: such a mail may be taken after the commit, but soon, for none is taken up later
than five seconds after the gate looked. For a while the relay is so slow that this is what keeps it soon.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from django.conf import settings
from django.db import connection, connections

from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import CHUNK_SIZE
from newsletter.models import Chunk
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, drained, planned, stage, wait_until
from tests.chaos.verdict import Verdict, balance, delivery_of, taken
from tests.chaos.website import Website, open_website

NAME = "opt_outs"
ABOUT = "one-click unsubscribes race the campaign"
FULL, QUICK = (2000, 10), (400, 1)
THREADS = 4
LATENCY = (0.01, 0.03)
SLOW = (0.15, 0.25)
SLOW_SECONDS = 2 * gate.FRESH
"""A window that was marked before the relay became slow would last longer than this, if nobody looked again."""

LATEST = gate.FRESH + 8 * SLOW[1]
"""Seconds after an opt-out within which a mail under way is taken: what is taken up while its look is fresh, and then
the turns of its connection. Sixteen mails drawn ahead and two of each of four connections are six; two for the machine.
"""

WITNESS = f"""
    CREATE TABLE IF NOT EXISTS chaos_opt_out (delivery_id bigint, was_marked boolean, at timestamptz);
    CREATE OR REPLACE FUNCTION chaos_opt_out() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos_opt_out
        SELECT d.id, CASE WHEN l.delivery_id IS NULL THEN d.id % {CHUNK_SIZE} < c.mark ELSE l.marked_at IS NOT NULL END,
               clock_timestamp()
        FROM newsletter_delivery d JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE}
        LEFT JOIN newsletter_later l ON l.delivery_id = d.id
        WHERE d.lead_id = NEW.lead_id;
        RETURN NULL;
    END $$;
    DROP TRIGGER IF EXISTS chaos_opt_out ON leads_consent;
    CREATE CONSTRAINT TRIGGER chaos_opt_out AFTER UPDATE OF withdrawn_at ON leads_consent
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.withdrawn_at IS NOT NULL)
        EXECUTE FUNCTION chaos_opt_out();
"""  # noqa: S608


@dataclass(frozen=True)
class OptOut:
    """What the trigger saw of one at its commit."""

    was_marked: bool
    at: float


class Crowd:
    """Everybody leaves, whoever is next to get the mail first."""

    def __init__(self, website: Website, chance: random.Random) -> None:
        self._website, self._chance = website, chance
        self._staying = sorted(world.letters().values_list("id", flat=True))
        self._lock = threading.Lock()
        self.seconds: list[float] = []
        self.answered_too_soon = 0

    def leave(self) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(self._leave_one_after_another) for _ in range(THREADS)]:
                done.result()

    def _leave_one_after_another(self) -> None:
        try:
            while (who := self._next()) is not None:
                self.seconds.append(self._website.leave(who))
                self.answered_too_soon += not is_committed(who)
        finally:
            connections.close_all()

    def _next(self) -> int | None:
        """Somebody at most a window behind a mark or two ahead; when nobody is there any more, anybody."""
        marks = list(Chunk.objects.filter(done=False).values_list("id", "mark"))
        with self._lock:
            if not self._staying:
                return None
            window = settings.SENDER_WINDOW
            near = [chunk * CHUNK_SIZE + mark + self._chance.randrange(-window, 2 * window) for chunk, mark in marks]
            target = self._chance.choice(near or self._staying)
            found = min(self._staying, key=lambda one: (one < target, abs(one - target)))
            self._staying.remove(found)
            return found


def watch_commits() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WITNESS)


def is_committed(delivery_id: int) -> bool:
    """Whether another connection sees the opt-out; asked as soon as its answer is here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM chaos_opt_out WHERE delivery_id = %s)", [delivery_id])
        return bool(cursor.fetchone()[0])


def leave_no_trace() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE chaos_opt_out; DROP FUNCTION chaos_opt_out() CASCADE")


def opt_outs() -> dict[int, OptOut]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT delivery_id, was_marked, extract(epoch FROM at)::float8 FROM chaos_opt_out")
        return {one: OptOut(was_marked, at) for one, was_marked, at in cursor.fetchall()}


def compare(made: Stage, crowd: Crowd) -> Verdict:
    order, had = opt_outs(), taken(made)
    in_time = {one for one, opt_out in order.items() if not opt_out.was_marked}
    broken = sum(1 for one in in_time if had[one])
    figures = {"opt-outs": len(order), "ahead of the mark": len(in_time), "accepted": had.total()}
    verdict = Verdict({**figures, "mailed although ahead": broken, "p99 ms": round(p99(crowd.seconds) * 1000)})
    verdict.must(len(order) == len(crowd.seconds), f"{len(crowd.seconds)} clicks, {len(order)} opt-outs")
    verdict.must(not crowd.answered_too_soon, f"{crowd.answered_too_soon} answers came before their opt-out's commit")
    verdict.must(len(in_time) > len(order) // 20, "too few opt-outs were ahead of the mark")
    verdict.must(had.total() > len(order) // 20, "hardly a mail left")
    verdict.must(broken == 0, f"{broken} mailed after their opt-out was committed")
    verdict.must(max(had.values()) == 1, "mailed twice")
    return under_way(made.accepted, order, verdict)


def under_way(accepted: list[dict[str, Any]], order: dict[int, OptOut], verdict: Verdict) -> Verdict:
    """How long after the commit the relay took what had been marked before it; both clocks are this machine's."""
    moments = {delivery_of(entry["message_id"]): entry["time"] for entry in accepted}
    gaps = [moments[one] - order[one].at for one in order.keys() & moments.keys() if order[one].was_marked]
    late = [gap for gap in gaps if gap > 0]
    verdict.figures |= {"under way": len(late), "latest s": round(max(late, default=0.0), 2)}
    too_late = sum(1 for gap in late if gap > LATEST)
    verdict.must(not too_late, f"{too_late} under way were taken more than {LATEST:.0f} s after the opt-out")
    return verdict


def p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1]


def race(ground: Ground, seed: int, mails: int) -> Verdict:
    with stage(ground, NAME, seed, {"latency": LATENCY}) as made, open_website(made) as website:
        watch_commits()
        world.leads(mails)
        made.start_senders()
        world.campaign(made.owner)
        planned(mails)
        crowd = Crowd(website, random.Random(seed))
        wait_until(lambda: made.sink.accepted, what="the first mail")
        with ThreadPoolExecutor(1) as beside:
            slow = beside.submit(slow_down, made, mails)
            crowd.leave()
            slow.result()
        drained()
        verdict = balance(made, compare(made, crowd))
        leave_no_trace()
        return verdict


def slow_down(made: Stage, mails: int) -> None:
    """When windows are at their longest the relay becomes slow, for longer than any look of the gate is fresh."""
    wait_until(lambda: made.has_taken(mails // 4), what="a quarter of the mails")
    made.sink.rules.latency = SLOW
    time.sleep(SLOW_SECONDS)
    made.sink.rules.latency = LATENCY


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, seeds = QUICK if quick else FULL
    races = [race(ground, seed + number, mails) for number in range(seeds)]
    summed = ("opt-outs", "ahead of the mark", "accepted", "mailed although ahead", "under way")
    figures: dict[str, object] = {"seeds": seeds}
    figures |= {name: sum(int(str(one.figures[name])) for one in races) for name in summed}
    figures["latest s"] = max(float(str(one.figures["latest s"])) for one in races)
    figures["worst p99 ms"] = max(int(str(one.figures["p99 ms"])) for one in races)
    verdict = Verdict(figures, [violation for one in races for violation in one.violations])
    verdict.must(figures["under way"], "nobody's mail was under way at their opt-out")
    return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """A gate that locks and reads in one statement: having waited for the lock, it still sees the consent of before."""
    mails = 400 if quick else 2000
    rules = {"seed": seed, "latency": (0.0, 0.002)}
    with naive_runs.naive_stage(ground, mails=mails, rules=rules) as made, open_website(made) as website:
        watch_commits()
        crowd = Crowd(website, random.Random(seed))
        names = naive_runs.start(made, "one_look")
        wait_until(lambda: made.sink.accepted, what="the first mail")
        crowd.leave()
        wait_until(lambda: all(naive_runs.has_ended_well(made, name) for name in names), what="the naive senders' end")
        verdict = compare(made, crowd)
        leave_no_trace()
        return Verdict(verdict.figures, [one for one in verdict.violations if "after their opt-out" in one])
