"""The naive control: sends a batch, then writes down that it was sent. It must come off badly."""

import smtplib

import django

BATCH = 50


def main() -> None:
    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    options = settings.MAILERS["marketing"]["OPTIONS"]
    with smtplib.SMTP(options["host"], options["port"]) as relay, connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT d.id, l.email FROM newsletter_delivery d JOIN leads_lead l ON l.id = d.lead_id"
                " WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)"
                " ORDER BY d.id LIMIT %s",
                [BATCH],
            )
            batch = cursor.fetchall()
            if not batch:
                return
            for _, address in batch:
                relay.sendmail("clinic@example.org", [address], b"Subject: Hello\r\n\r\nHello.\r\n")
            cursor.execute(
                "INSERT INTO newsletter_outcome (delivery_id, at, state, reason, provider_id)"
                " SELECT unnest(%s::bigint[]), now(), 1, '', ''",
                [[one for one, _ in batch]],
            )


if __name__ == "__main__":
    main()
