"""Who else a mail may have been written to than to whom it belongs: whoever has an address anew that was merged away.

Two people who were found to be one have the mails of two addresses, and a mail does not say in which of them it was.
Whoever signs up with the other address again is somebody of their own. If they then open an old mail and want no more,
it is both who are meant: the person, and the address that the mail was in. What was planned after the merging went to
the kept address alone.
"""

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE

ANEW = f"""
    array(SELECT anew.id FROM leads_lead former JOIN leads_lead anew ON anew.address_hash = former.former_hash
          LEFT JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE} LEFT JOIN newsletter_batch b ON b.id = c.batch_id
          WHERE former.merged_into_id = d.lead_id AND (b.planned_at IS NULL OR b.planned_at <= former.erased_at)
          ORDER BY anew.id)
"""  # noqa: S608
"""Those people's numbers, for the delivery `d`; what is so old that its batch is gone may have gone to any address."""


def anew(delivery_id: int) -> list[int]:
    """The numbers of those people, for one mail."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ANEW} FROM newsletter_delivery d WHERE d.id = %s", [delivery_id])  # noqa: S608
        found = cursor.fetchone()
    return found[0] if found else []
