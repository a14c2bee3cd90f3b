"""What grows with the audience: a sender's memory and processor time, planning, and the disk.

campaign-small, campaign-large   10,000 and 1,000,000 recipients, carried out by one process
planning                         a campaign of a million started by the tick: audience, deliveries, chunks
"""

import time
from dataclasses import replace

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import sendable
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content.models import EmailTemplate
from newsletter.liveness.models import LinkCheck, Verdict
from tests.bench import crowd, relay, sending
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.factories import mail

TABLES = ("newsletter_delivery", "newsletter_outcome", "newsletter_chunk", "newsletter_batch", "newsletter_later")
SHARE_UNTAGGED = crowd.SHARE - 0.01
SIZE = f"SELECT {' + '.join(f"pg_total_relation_size('{table}')" for table in TABLES)}"

FIGURES = [
    Figure(
        "memory",
        "peak memory of a sender, 1,000,000 recipients",
        "campaign-large",
        120,
        110,
        metric="peak_mb",
        unit="MB",
        lower_is_better=True,
    ),
    Figure(
        "memory-growth",
        "peak memory at 1,000,000 against 10,000 recipients",
        "campaign-large",
        1.05,
        1.01,
        metric="peak_mb",
        to="campaign-small",
        lower_is_better=True,
    ),
    Figure(
        "cpu-growth",
        "CPU per mail at 1,000,000 against 10,000 recipients",
        "campaign-large",
        1.1,
        1.0,
        metric="cpu_us",
        to="campaign-small",
        lower_is_better=True,
    ),
    Figure("planning", "planning an audience of 1,000,000", "planning", 80_000, 150_000, unit="rows/s"),
    Figure(
        "disk",
        "disk per recipient after a campaign, indexes in",
        "campaign-large",
        260,
        205,
        metric="disk_bytes",
        unit="B",
        lower_is_better=True,
    ),
]


def cases(ground: Ground) -> list[Case]:
    small, large = ground.number(10_000, 500), ground.number(1_000_000, 5_000)
    return [
        Case("growth", "campaign-small", lambda: campaign(ground, small)),
        Case("growth", "campaign-large", lambda: campaign(ground, large)),
        Case("growth", "planning", lambda: planning(ground, large)),
    ]


def campaign(ground: Ground, recipients: int) -> Measured:
    """Plan it, carry it out, and see how much more the tables take than before."""
    crowd.seed(recipients)
    (before,) = crowd.one_row(SIZE, {})
    batch = crowd.plan(recipients)
    with relay.smtp_sink() as sink:
        sent = sending.drive(ground, sink, batch)
    (after,) = crowd.one_row(SIZE, {})
    return replace(sent, notes={**sent.notes, "disk_bytes": (after - before) / recipients})


def planning(ground: Ground, recipients: int) -> Measured:
    """Start a scheduled campaign, as the tick does: words frozen, audience asked for, deliveries and chunks written.

    It is for one segment and not for another, and everybody has had a mail already, which the cap counts.
    """
    crowd.plan(int(recipients * crowd.SHARE / SHARE_UNTAGGED))
    readers, tagged, wanted = crowd.segments("Asked to wait")
    now = database_now()
    email = EmailTemplate.objects.get(pk=crowd.letter().email_id)
    tester = User.objects.get_or_create(email="tester@clinic.example", defaults={"name": "Tester"})[0]
    made = Campaign.objects.create(name="Everybody", email=email, status=CampaignStatus.SCHEDULED, start_at=now)
    made.included.set([readers])
    made.excluded.set([tagged])
    mail.tried(made, tester, at=now)
    # The letter leads to an example of an address, which senders of other cases have looked at and found dead.
    LinkCheck.objects.update(verdict=Verdict.ALIVE, reason="", checked_at=now, due_at=None)
    database, started = sending.database_seconds(ground), time.perf_counter()
    campaigns.start_due(now)
    seconds, spent = time.perf_counter() - started, sending.database_seconds(ground) - database
    made.refresh_from_db()
    try:
        if made.planned_count != wanted or wanted < recipients:
            why = " ".join(sendable.reasons(made, now))
            raise crowd.Unexpected(f"{made.planned_count} planned instead of {wanted}. {why}")
    finally:
        made.delete()  # nobody is to send it
    return Measured(made.planned_count, seconds, notes={"database_cpu_us": spent / made.planned_count * 1e6})
