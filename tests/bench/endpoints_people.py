"""People who were mailed, many at once: leads who agreed, are on the course, and have a mail with links."""

from dataclasses import dataclass

from django.db import connection, transaction

from clinic import clock
from newsletter import tokens
from newsletter.content.models import Variant
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Chunk, Delivery, Kind, Lane, State
from newsletter.deliveries.services import Planned
from newsletter.sequences import presets
from tests.factories import clinics, people, plans

LEADS = """
    INSERT INTO leads_lead (email, address_key, address_hash, first_name, last_name, phone, language, time_zone,
                            status, source, first_page, first_referrer, declined_topics, created_at)
    SELECT address, address, sha256(address::bytea), 'Zoë', 'Reader', '', 'en', 'America/Toronto',
           'lead', 'sign_up', '/', '', '{newsletter}', now() - interval '40 days'
    FROM (SELECT 'reader' || %(owner)s::bigint * 1000000 + n || '@mail.example' AS address
          FROM generate_series(1, %(count)s) n) new
    RETURNING id
"""
CONSENTS = """
    INSERT INTO leads_consent (lead_id, purpose, basis, method, wording_id, page, referrer, network, note,
                               granted_at, withdrawn_how)
    SELECT id, 'marketing', 'express', 'web_form', %(wording)s, '/', '', '192.0.2.0/24', '',
           now() - interval '40 days', ''
    FROM unnest(%(leads)s::bigint[]) id
"""
ENROLMENTS = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, state, next_position, due_at, enrolled_at,
                                      occasion, turn, exit_reason)
    SELECT s.id, s.published_id, l.id, 'active', 2, now() + interval '1 day', now() - interval '40 days', 0, 0, ''
    FROM unnest(%(leads)s::bigint[]) l (id), newsletter_sequence s WHERE s.id = %(course)s
"""
AUDIENCE = "SELECT unnest(%s::bigint[]) AS lead_id"
OUTCOMES = """
    INSERT INTO newsletter_outcome (delivery_id, at, state, revision_id, reason, provider_id)
    SELECT d.id, now() - interval '1 hour', %s, v.current_id, '', ''
    FROM newsletter_delivery d JOIN newsletter_variant v ON v.id = d.variant_id WHERE d.kind = %s AND d.owner = %s
"""
CLOSED = """
    UPDATE newsletter_chunk SET mark = size, done = true
    WHERE batch_id IN (SELECT id FROM newsletter_batch WHERE kind = %s AND owner_id = %s)
"""


@dataclass(frozen=True)
class Mailing:
    """One mail to many; `owner` is the campaign's number."""

    owner: int

    def tokens(self) -> list[str]:
        """The links' token of every mail."""
        mine = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=self.owner)
        return [tokens.sign(pk) for pk in mine.order_by("pk").values_list("pk", flat=True)]

    def is_open(self) -> bool:
        """Whether senders have anything of it left to do."""
        return Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=self.owner, done=False).exists()

    def cancel(self) -> None:
        """Leave nothing of it to the senders of other cases."""
        deliveries.cancel_batches(Kind.CAMPAIGN, self.owner, reason="measured", now=clock.database_now())


@transaction.atomic
def planned(owner: int, *, count: int) -> Mailing:
    """So many new people, and a campaign to them that is due now."""
    clinics.clinic()
    now = clock.database_now()
    course = presets.install(now)
    values: dict[str, object] = {"owner": owner, "count": count, "wording": people.wording().pk, "course": course.pk}
    with connection.cursor() as cursor:
        cursor.execute(LEADS, values)
        values["leads"] = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(CONSENTS, values)
        cursor.execute(ENROLMENTS, values)
    variant = Variant.objects.filter(steps__version=course.published_id).order_by("pk").first()
    assert variant is not None
    what = Planned(Kind.CAMPAIGN, owner, Lane.MARKETING)
    plans.everybody(what, AUDIENCE, [values["leads"]], variant_id=variant.pk, now=now)
    return Mailing(owner)


@transaction.atomic
def submitted(owner: int, *, count: int) -> Mailing:
    """The same, an hour after the last of these mails has left."""
    mailing = planned(owner, count=count)
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES, [State.SUBMITTED, Kind.CAMPAIGN, owner])
        cursor.execute(CLOSED, [Kind.CAMPAIGN, owner])
    return mailing


def analyse() -> None:
    """What autovacuum would have done by then."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
