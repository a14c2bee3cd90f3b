from django.db import migrations


class Migration(migrations.Migration):
    """Leave room in the pages of the two tables that are updated while mail leaves, so that updates stay in place."""

    dependencies = [("newsletter", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=[
                "ALTER TABLE newsletter_chunk SET (fillfactor = 50)",
                "ALTER TABLE newsletter_later SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02)",
                "ALTER TABLE newsletter_enrolment SET (fillfactor = 80)",
            ],
            reverse_sql=[
                "ALTER TABLE newsletter_chunk RESET (fillfactor)",
                "ALTER TABLE newsletter_later RESET (fillfactor, autovacuum_vacuum_scale_factor)",
                "ALTER TABLE newsletter_enrolment RESET (fillfactor)",
            ],
        ),
    ]
