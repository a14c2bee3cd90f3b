"""The bound that a limit is: whatever is asked, and whenever, no stretch of time sees more than it allows."""

from dataclasses import dataclass
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from newsletter.deliveries.pacing import arithmetic
from newsletter.deliveries.pacing.arithmetic import IDLE, SECOND, Ask, Asker, Bucket, Grant, Rate

START = 1_790_000_000 * SECOND

rates = st.one_of(
    st.integers(1, 20_000).map(float),
    st.floats(0.001, 20_000, allow_nan=False),
).map(Rate)
asks = st.builds(
    Ask,
    wanted=st.integers(1, 500),
    asker=st.sampled_from(Asker),
)
steps = st.lists(st.tuples(st.integers(0, 3 * SECOND), asks), min_size=1, max_size=60)


@dataclass(frozen=True)
class Given:
    at: int
    count: int


def played(rate: Rate, moves: list[tuple[int, Ask]], bucket: Bucket) -> list[Given]:
    history, now = [], START
    for pause, ask in moves:
        now += pause
        grant, bucket = arithmetic.take(bucket, ask, now=now, rate=rate)
        history.append(Given(now, grant.count))
    return history


@given(rates, steps)
def test_no_stretch_of_time_sees_more_than_the_rate_and_one_bucket(rate, moves):
    history = played(rate, moves, Bucket(0))

    sums = [0, *accumulate(one.count for one in history)]
    for first, begin in enumerate(history):
        for last in range(first, len(history)):
            span = history[last].at - begin.at
            allowed = rate.per_second * (span + rate.depth) / SECOND
            assert sums[last + 1] - sums[first] <= allowed + 1e-6


@given(rates)
def test_a_full_bucket_gives_a_second_s_worth_but_one_at_least(rate):
    grant, _ = arithmetic.take(Bucket(0), Ask(1_000_000), now=START, rate=rate)

    assert grant.count == max(1, int(rate.per_second))


@given(rates, st.integers(1, 200))
def test_whoever_comes_when_told_to_gets_what_was_asked_for(rate, seed):
    """The rate is really used: the wait that is named is enough, and a microsecond less would not be."""
    least = 1 + seed % max(1, int(rate.per_second))
    grant, bucket = arithmetic.take(Bucket(START), Ask(least, least), now=START, rate=rate)
    assert grant.count == 0

    on_time, _ = arithmetic.take(bucket, Ask(least, least), now=START + grant.wait + 1, rate=rate)
    early, _ = arithmetic.take(bucket, Ask(least, least), now=START + grant.wait - 2, rate=rate)

    assert (on_time.count, early.count) == (least, 0)


@given(st.integers(1, 5_000), st.integers(1, 30))
def test_a_sender_that_always_comes_back_gets_the_whole_rate(per_second, seconds):
    rate, now, taken, bucket = Rate(float(per_second)), START, 0, Bucket(START)
    while now < START + seconds * SECOND:
        grant, bucket = arithmetic.take(bucket, Ask(per_second, -(-per_second // 10)), now=now, rate=rate)
        taken += grant.count
        now += max(grant.wait, 1_000)

    assert taken >= per_second * seconds * 0.99 - per_second / 5 - 1


@given(rates, st.integers(0, 10**6))
def test_a_vanished_bucket_gives_one_mail_too_many_at_most(rate, ago):
    seen = START - ago
    bucket = arithmetic.recovered(START, seen, rate)

    grant, _ = arithmetic.take(bucket, Ask(1_000), now=START, rate=rate)

    assert grant.count <= 1


def test_a_bucket_that_vanishes_all_the_time_still_fills_for_whoever_remembers_it():
    rate, taken, seen, now = Rate(0.2), 0, None, START
    for _ in range(300):  # ten minutes, emptied every two seconds
        bucket = arithmetic.recovered(now, seen, rate)
        grant, bucket = arithmetic.take(bucket, Ask(1), now=now, rate=rate)
        taken, seen, now = taken + grant.count, bucket.spent_to, now + 2 * SECOND

    assert 95 <= taken <= 121


def test_a_clock_that_is_set_back_stops_nobody():
    grant, bucket = arithmetic.take(Bucket(0), Ask(10), now=START, rate=Rate(10))
    assert grant.count == 10

    later = START - 3600 * SECOND
    none, bucket = arithmetic.take(bucket, Ask(1), now=later, rate=Rate(10))
    assert none == Grant(0, wait=SECOND // 10)
    grant, _ = arithmetic.take(bucket, Ask(10), now=later + SECOND, rate=Rate(10))

    assert grant.count == 10


def test_mails_that_get_nothing_queue_a_mail_s_time_apart():
    rate = Rate(5)
    first, bucket = arithmetic.take(Bucket(0), Ask(8, 1, Asker.NEW), now=START, rate=rate)
    second, bucket = arithmetic.take(bucket, Ask(3, 1, Asker.NEW), now=START, rate=rate)

    assert (first.count, first.wait) == (5, 0)  # the others at 0.2, 0.4 and 0.6 seconds
    assert (second.count, second.wait) == (0, SECOND * 3 // 5)
    assert bucket.new_tail == START + SECOND * 6 // 5


def test_new_mails_do_not_overtake_those_that_queue():
    rate = Rate(5)
    _, bucket = arithmetic.take(Bucket(0), Ask(50, 1, Asker.NEW), now=START, rate=rate)
    later = START + SECOND

    new, bucket = arithmetic.take(bucket, Ask(5, 1, Asker.NEW), now=later, rate=rate)
    back, bucket = arithmetic.take(bucket, Ask(5, 1, Asker.BACK), now=later, rate=rate)

    assert (new.count, back.count) == (0, 5)


def test_a_queue_that_nobody_comes_back_from_is_forgotten():
    """A cancelled campaign's queue must not keep the next campaign waiting."""
    rate = Rate(5)
    _, bucket = arithmetic.take(Bucket(0), Ask(100_000, 1, Asker.NEW), now=START, rate=rate)
    moment = START
    for _ in range(11):
        moment += SECOND
        grant, bucket = arithmetic.take(bucket, Ask(1, 1, Asker.NEW), now=moment, rate=rate)
    assert moment - START == rate.depth + IDLE
    assert grant.count == 1

    grant, bucket = arithmetic.take(bucket, Ask(4, 1, Asker.NEW), now=moment, rate=rate)
    assert grant.count == 4


@given(st.integers(1, 300), st.floats(0, 100_000), st.floats(0.001, 500))
def test_moments_are_in_order_and_none_is_beyond_the_horizon(count, first, gap):
    found = arithmetic.moments(count, first=first, gap=gap, horizon=3600)

    assert len(found) == count
    assert all(0 < moment <= 3600 for moment in found)
    near = [moment for place, moment in enumerate(found) if first + gap * (place + 1) <= 3600]
    assert near == sorted(near)
    assert all(moment >= 1800 for moment in found[len(near) :])
