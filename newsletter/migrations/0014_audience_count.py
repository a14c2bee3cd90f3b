import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What an audience was counted as, and a way to find what left lately."""

    dependencies = [
        ("newsletter", "0013_block_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="AudienceCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "occasion",
                    models.CharField(
                        choices=[("scheduled", "When it was let go"), ("planned", "When it was planned")],
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("total", models.PositiveIntegerField()),
                ("reasons", models.JSONField(default=dict)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audience_counts",
                        to="newsletter.campaign",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["campaign", "at"], name="newsletter_audience_when")],
            },
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["at"], name="newsletter_outcome_at"
            ),
        ),
    ]
