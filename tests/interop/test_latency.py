"""A server far away: 20 ms each way, by a proxy that delays every piece and narrows nothing."""

import pytest

from tests.fakes.delaying_proxy import DelayingProxy
from tests.interop import letters
from tests.interop.conftest import MAILS
from tests.interop.world import compare, hand_over, no

pytestmark = pytest.mark.interop

DELAY = 0.02
CONNECTIONS = 4


@pytest.mark.parametrize("door", ["plain", "lockstep", "auth"])
def test_letters_arrive_over_a_long_line(relay, door, figure):
    mails = list(letters.mails(MAILS))

    with DelayingProxy(relay.ports[door], delay=DELAY) as proxy:
        answers, seconds = hand_over(relay, door, mails, port=proxy.port, connections=CONNECTIONS)

    assert no(answers) == set()
    compare(relay, mails, answers)
    rate = MAILS / seconds / CONNECTIONS
    figure(
        f"{door:14} {MAILS} mails, 20 ms each way: {rate:6.1f} mails/s per connection,"
        f" {1 / rate / (2 * DELAY):.1f} round trips a mail"
    )
