"""People to mail, written straight into the tables, and campaigns to them, planned as campaigns are.

Of every hundred people, 92 get a newsletter: three never agreed, two took it back, one is suppressed, one has
declined the topic and one is a patient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from django.conf import settings
from django.db import connection, transaction

from clinic.clock import database_now
from clinic.models import Clinic
from leads.segments.models import Segment
from newsletter.campaigns import audience
from newsletter.campaigns.models import Campaign
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate, Topic, Variant
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.services import Planned
from newsletter.rendering.letter import Recipient, prepare
from newsletter.sequences.models import Sequence, SequenceState
from tests.bench import mail
from tests.factories import clinics, plans

SHARE = 0.92
MANY = 50_000
SEED = """
INSERT INTO leads_lead (email, address_key, address_hash, first_name, last_name, phone, language, time_zone, status,
                        source, first_page, first_referrer, declined_topics, created_at)
SELECT 'reader' || n || '@mail.example', 'reader' || n || '@mail.example',
       sha256(convert_to(%(pepper)s || n, 'UTF8')), 'Robin' || n %% 997, 'Reader', '', 'en', 'America/Toronto',
       CASE WHEN n %% 100 = 6 THEN 'patient' ELSE 'lead' END, 'sign_up', '/sciatica', '',
       CASE WHEN n %% 100 = 5 THEN '{newsletter}'::varchar[] ELSE '{}' END, now()
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
CONSENT = """
INSERT INTO leads_consent (lead_id, purpose, page, referrer, network, basis, method, note, granted_at, withdrawn_at,
                           withdrawn_how)
SELECT id, 'marketing', '/sciatica', '', '203.0.113.0/24', 'express', 'web_form', '', now(),
       CASE WHEN n %% 100 IN (3, 4) THEN now() END, CASE WHEN n %% 100 IN (3, 4) THEN 'link' ELSE '' END
FROM leads_lead, LATERAL (SELECT substring(email FROM 7 FOR position('@' IN email) - 7)::bigint AS n) person
WHERE n BETWEEN %(first)s AND %(last)s AND n %% 100 NOT IN (0, 1, 2)
"""
SUPPRESS = """
INSERT INTO newsletter_suppression (address_hash, scope, reason, at, lifted_why)
SELECT sha256(convert_to(%(pepper)s || n, 'UTF8')), 'marketing', 'unsubscribed', now(), ''
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n WHERE n %% 100 = 7
"""
WITHOUT, TAGGED_OF_100 = range(8), 8
"""Who gets no newsletter, and who has the tag, by the last two digits of their number."""
TAGGED = """
WITH tag AS (INSERT INTO leads_tag (name) VALUES (%(tag)s) ON CONFLICT (name) DO UPDATE SET name = excluded.name
             RETURNING id)
INSERT INTO leads_tagging (lead_id, tag_id, at)
SELECT lead.id, tag.id, now()
FROM tag, generate_series(8, %(last)s::bigint, 100) n
JOIN leads_lead lead ON lead.email = 'reader' || n || '@mail.example'
ON CONFLICT DO NOTHING
"""
WITHOUT_SEARCH = "DROP INDEX IF EXISTS leads_lead_search"
"""The search box's index costs minutes when a million people come at once, and no mail looks at it."""

_owners = count(1_000_000_000)
_seeded = 0
_variants: list[Variant] = []


class Unexpected(AssertionError):
    """A case did not do what it was to be timed at."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was planned: the deliveries of one owner."""

    kind: Kind
    owner: int
    size: int


def seed(recipients: int) -> None:
    """See to it that at least so many people would get a newsletter."""
    global _seeded  # noqa: PLW0603
    needed = int(recipients / SHARE) + 100
    if needed <= _seeded:
        return
    values = {"first": _seeded + 1, "last": needed, "pepper": settings.ADDRESS_PEPPER.hex()}
    with connection.cursor() as cursor:
        if needed > MANY:
            cursor.execute(WITHOUT_SEARCH)
        for statement in (SEED, CONSENT, SUPPRESS):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    _seeded = needed


def segments(tag: str) -> tuple[Segment, Segment, int]:
    """Two that a campaign may ask for: whoever signed up and reads English (all of them), and one in a hundred who has
    this tag; and how many get a newsletter who are in the first and not in the second.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAGGED, {"tag": tag, "last": _seeded})
        cursor.execute("ANALYZE leads_tagging, leads_tag")
    readers, tagged = (
        Segment.objects.get_or_create(
            name=name, defaults={"conditions": [{"name": key, "value": value, "not": False} for key, value in asked]}
        )[0]
        for name, asked in (("Readers", [("source", "sign_up"), ("language", "en")]), (tag, [("tagged", tag)]))
    )
    return readers, tagged, sum(number % 100 not in (*WITHOUT, TAGGED_OF_100) for number in range(1, _seeded + 1))


def clinic() -> Clinic:
    """Writes to the same people all day: every case does."""
    return clinics.clinic(cap_mails=1000)


def letter() -> Variant:
    """The benchmark's mail, frozen once."""
    if not _variants:
        clinic()
        now = database_now()
        wording = Wording(mail.SUBJECT, mail.PREHEADER, mail.body())
        email = content.create(wording, kind=EmailKind.CAMPAIGN, name="Answers", topic=Topic.NEWSLETTER, now=now)
        made = Variant.objects.get(email=email)
        content.freeze(made, now=now)
        _variants.append(made)
        expect("places differ from person to person", mail.slot_count(prepare(made.current)), mail.SLOTS)
        size = copy_size()
        if not mail.LEAST_BYTES < size < mail.MOST_BYTES:
            raise Unexpected(f"One copy of the letter has {size} bytes.")
    return _variants[0]


def copy_size() -> int:
    """How many bytes one copy of it has."""
    token = "x" * 22
    person = Recipient(1, token, token, token, "reader12345@mail.example", database_now(), first_name="Robin12")
    return len(prepare(letter().current).fill(person))


def plan(recipients: int) -> Batch:
    """A campaign to so many people, due now, by the audience's own query."""
    seed(recipients)
    return _plan(letter(), recipients)


@transaction.atomic
def _plan(variant: Variant, recipients: int) -> Batch:
    now = database_now()
    template = EmailTemplate.objects.get(pk=variant.email_id)
    everybody = Campaign.objects.create(name="Everybody", email=template, topic=Topic.NEWSLETTER)
    select, params = audience.audience(everybody, now)
    everybody.delete()
    owner = next(_owners)
    planned = plans.everybody(
        Planned(Kind.CAMPAIGN, owner, Lane.MARKETING, topic=Topic.NEWSLETTER),
        f"SELECT lead_id FROM ({select}) fitting ORDER BY lead_id LIMIT {recipients:d}",  # noqa: S608
        params,
        variant_id=variant.pk,
        now=now,
    )
    expect("planned", planned, recipients)
    return Batch(Kind.CAMPAIGN, owner, recipients)


def alone[Found](run: Callable[[], Found]) -> Found:
    """Carry this out while nobody is due in any other sequence, nor afterwards in those that it made."""
    others = list(Sequence.objects.filter(state=SequenceState.LIVE).values_list("pk", flat=True))
    Sequence.objects.filter(pk__in=others).update(state=SequenceState.PAUSED)
    try:
        return run()
    finally:
        Sequence.objects.filter(state=SequenceState.LIVE).update(state=SequenceState.PAUSED)
        Sequence.objects.filter(pk__in=others).update(state=SequenceState.LIVE)


def expect(what: str, found: float, wanted: float) -> None:
    """Raise Unexpected unless it is so."""
    if found != wanted:
        raise Unexpected(f"{found} {what} instead of {wanted}")


def one_row(query: str, values: dict[str, object]) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found = cursor.fetchone()
    return tuple(found)
