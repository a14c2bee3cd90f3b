"""The one clock: PostgreSQL's, so that no machine's own clock can send a mail early."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's wall clock, aware, in UTC; inside a transaction it keeps moving."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now
