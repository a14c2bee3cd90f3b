"""Two beats, four workers that do everything, and every tick five times over: nobody gets anything twice.

Half of the mails are a campaign's, half are steps of a course, planned while several ticks look at once. That they did
is the database's own word: a trigger at a tick's heartbeat writes down when that tick began and ended, and in which
worker. A tick that planned something while another one was under way must be among them.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import redis
from django.db import connection, connections

from clinic.clock import database_now
from config.celery import app
from leads.models import Lead
from newsletter.campaigns import planning
from newsletter.campaigns.models import CampaignStatus
from newsletter.content.models import Variant
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.services import Planned, Row
from newsletter.models import Campaign
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, stage, wait_until
from tests.chaos.verdict import Verdict, conclude, people_twice, taken
from tests.chaos.watcher import look

NAME = "two_beats"
ABOUT = "two beats, four workers, every tick five times"
FULL, QUICK = 5000, 400
BEATS, WORKERS, TIMES, STEPS = 2, 4, 5, 2
TICK = "newsletter.tasks.tick"
QUEUES = "tick,marketing,transactional"
DAY = "2"
"""Seconds that a day of the course lasts."""

ALONE = 6
"""Seconds for which the beats, one ring a second each, are listened to alone."""

WITNESS = """
    CREATE TABLE IF NOT EXISTS chaos_tick (
        id bigserial, worker text DEFAULT current_setting('application_name'),
        began timestamptz, ended timestamptz DEFAULT clock_timestamp()
    );
    CREATE OR REPLACE FUNCTION chaos_tick() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos_tick (began) VALUES (NEW.at);
        RETURN NULL;
    END $$;
    CREATE OR REPLACE TRIGGER chaos_tick AFTER INSERT OR UPDATE ON newsletter_heartbeat
        FOR EACH ROW WHEN (NEW.name = 'tick') EXECUTE FUNCTION chaos_tick();
"""
SEEN = """
    WITH seen AS (
        SELECT one.worker,
               EXISTS (SELECT 1 FROM newsletter_batch b WHERE b.planned_at = one.began) AS planned,
               EXISTS (SELECT 1 FROM chaos_tick other WHERE other.id <> one.id
                       AND other.began < one.ended AND one.began < other.ended) AS beside
        FROM chaos_tick one
    )
    SELECT count(*), count(DISTINCT worker), count(*) FILTER (WHERE beside), count(*) FILTER (WHERE planned AND beside)
    FROM seen
"""


@dataclass(frozen=True)
class Ticks:
    """How many ran, in how many workers, how many beside another one, and how many of these planned something."""

    ran: int
    workers: int
    beside: int
    planned_beside: int


class Ringer:
    """Rings for a tick five times a second, whatever the beats do; what goes wrong with it is raised at the end."""

    def __init__(self) -> None:
        self._stop, self._pool = threading.Event(), ThreadPoolExecutor(1)
        self.rings = 0

    def __enter__(self):
        self._ringing = self._pool.submit(self._ring)
        return self

    def __exit__(self, *problem):
        self._stop.set()
        self._pool.shutdown()
        self._ringing.result()

    def _ring(self):
        while not self._stop.wait(1.0):
            for _ in range(TIMES):
                app.send_task(TICK, retry=False)
                self.rings += 1


def watch_ticks() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WITNESS)


def leave_no_trace() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION chaos_tick() CASCADE; DROP TABLE chaos_tick")


def ticks() -> Ticks:
    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        return Ticks(*cursor.fetchone())


def start_everybody(made: Stage) -> None:
    for name in (f"worker{number}" for number in range(WORKERS)):
        made.crew.start_worker(QUEUES, name=name, SEQUENCE_DAY_SECONDS=DAY, PGAPPNAME=name)
    for number in range(BEATS):
        made.crew.start_beat(f"beat{number}", SEQUENCE_DAY_SECONDS=DAY)


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails = QUICK if quick else FULL
    with stage(ground, NAME, seed, {"latency": (0.0, 0.01)}) as made:
        watch_ticks()
        forget_rings(ground)
        readers = world.leads(mails // 2)
        followers = world.leads(mails // 2 // STEPS, name="f")
        world.enrol(followers, world.course(STEPS))
        expected = len(readers) + len(followers) + STEPS * len(followers)
        with Ringer() as ringer:
            start_everybody(made)
            world.campaign(made.owner)
            wait_until(lambda: look().deliveries >= expected, within=180, what=f"the plan of {expected}")
            verdict = conclude(made, Verdict({"expected": expected}), doubts_at_most=lambda: 0)
        wait_until(lambda: not unheard(ground), what="the end of the rings")
        verdict.figures["ticks of the beats alone"] = alone = beats_alone()
        verdict.must(alone > ALONE + 1, f"the beats brought {alone} ticks in {ALONE} s, as one would")
        verdict.must(look().deliveries == expected, f"{look().deliveries} planned")
        verdict.must(verdict.figures["accepted"] == expected, "not everybody got what was planned")
        compare(ringer, verdict)
        leave_no_trace()
        return verdict


def forget_rings(ground: Ground) -> None:
    """Those of the run before are not ours to count."""
    with redis.Redis.from_url(ground.redis_url) as client:
        client.delete("tick")


def unheard(ground: Ground) -> int:
    """How many rings for a tick no worker has taken yet."""
    with redis.Redis.from_url(ground.redis_url) as client:
        return client.llen("tick")


def beats_alone() -> int:
    """How many ticks ran in so many seconds in which nobody else rang."""
    so_far = ticks().ran
    time.sleep(ALONE)
    return ticks().ran - so_far


def compare(ringer: Ringer, verdict: Verdict) -> None:
    """Every extra ring was a tick that ran, in all workers, and planning ones met others."""
    seen = ticks()
    verdict.figures |= {"extra rings": ringer.rings, "ticks": seen.ran, "in workers": seen.workers}
    verdict.figures |= {"beside another": seen.beside, "that planned beside another": seen.planned_beside}
    verdict.must(ringer.rings >= TIMES, "nobody rang for more")
    verdict.must(seen.ran > ringer.rings, f"only {seen.ran} ticks ran")
    verdict.must(seen.workers == WORKERS, f"{seen.workers} workers ticked")
    verdict.must(seen.planned_beside, "no tick planned anything while another one looked")


class NaiveTick:
    """Plans what is due as one would in an afternoon: it looks, plans, and notes that it did.

    No lock lies around the three, and a row has no name but a number. All look before the first one has noted it.
    """

    def __init__(self, variant: Variant) -> None:
        self._variant, self._numbers, self._all_have_looked = variant, count(1), threading.Barrier(TIMES)

    def __call__(self) -> None:
        try:
            due = list(Campaign.objects.filter(status=CampaignStatus.SCHEDULED))
            self._all_have_looked.wait(60)
            for campaign in due:
                self._plan(campaign)
        finally:
            connections.close_all()

    def _plan(self, campaign: Campaign) -> None:
        leads, now = Lead.objects.values_list("pk", flat=True), database_now()
        rows = [Row(campaign.pk, next(self._numbers), self._variant.pk, lead_id=lead) for lead in leads]
        deliveries.plan(Planned(Kind.CAMPAIGN, campaign.pk, Lane.MARKETING), rows, due_at=now, now=now)
        Campaign.objects.filter(pk=campaign.pk).update(status=CampaignStatus.SENDING, planned_at=now)


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Five ticks at once without lock or name, and four senders that lock nothing. Both must be seen."""
    with stage(ground, "naive", seed, {"latency": (0.0, 0.01)}) as made:
        world.leads(QUICK)
        naive_tick = NaiveTick(planning.freeze(world.campaign(made.owner), now=database_now()))
        with ThreadPoolExecutor(TIMES) as pool:
            for done in [pool.submit(naive_tick) for _ in range(TIMES)]:
                done.result()
        verdict = naive_runs.to_the_end(made, naive_runs.start(made, "unlocked", count=WORKERS), {"workers": WORKERS})
        had = taken(made)
        by_ticks, by_senders = people_twice(had), sum(1 for times in had.values() if times > 1)
        verdict.figures |= {"ticks at once": TIMES, "people planned twice": by_ticks, "rows sent twice": by_senders}
        return Verdict(verdict.figures, verdict.violations if by_ticks and by_senders else [])
