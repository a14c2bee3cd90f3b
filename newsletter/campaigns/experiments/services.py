"""Plan a test, and decide it.

Everybody is planned at once, in the transaction that plans the campaign: A's part, B's part, and the rest, which is
due at a moment that never comes until the test is decided. So nobody is in two parts, what was planned stays planned,
and a crash loses nobody: the rest waits in the queue like any other mail, and ends with the campaign when that ends.

What campaigns call:
    freeze(campaign, now=now)    with every freeze of the campaign's own words: what B and the rest say
    plan(campaign, now)          instead of planning the whole audience for variant A
"""

from datetime import UTC, datetime

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When held mails are due. Where they were to leave over some time, it is as much later than this."""
