from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Holds have a scope and a cause; where the database lives is remembered; what has ended is counted once."""

    dependencies = [
        ("newsletter", "0003_recall"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Residence",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("cluster", models.CharField(max_length=40)),
                ("database", models.BigIntegerField()),
                ("relation", models.BigIntegerField()),
                ("timeline", models.CharField(max_length=8)),
                ("public_url", models.CharField(max_length=200)),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("chunk_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("planned", models.PositiveSmallIntegerField()),
                ("submitted", models.PositiveSmallIntegerField()),
                ("refused", models.PositiveSmallIntegerField()),
                ("failed", models.PositiveSmallIntegerField()),
                ("expired", models.PositiveSmallIntegerField()),
                ("cancelled", models.PositiveSmallIntegerField()),
                ("closed", models.PositiveSmallIntegerField()),
                ("reasons", models.JSONField(default=dict)),
                ("last_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="doing",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="hold",
            name="cause",
            field=models.CharField(
                choices=[
                    ("staff", "A member of staff"),
                    ("command", "The command line"),
                    ("moved", "Automatic: a restored or copied database"),
                    ("rewound", "Automatic: the database went on from a copy"),
                    ("silence", "Automatic: nothing was sent for a while"),
                ],
                default="staff",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="scope",
            field=models.CharField(
                choices=[("marketing", "Marketing mail"), ("all", "All mail")], default="marketing", max_length=9
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cause__in", ["moved", "rewound", "silence"]), ("released_at__isnull", True)),
                fields=("cause",),
                name="newsletter_hold_automatic_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="residence",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="newsletter_residence_one"),
        ),
    ]
