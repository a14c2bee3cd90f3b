from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0022_sequence_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="failing_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="why",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddIndex(
            model_name="later",
            index=models.Index(
                condition=models.Q(("marked_at__isnull", False)), fields=["lane"], name="newsletter_later_marked"
            ),
        ),
    ]
