from django.db import migrations, models

KINDS = [
    (1, "Campaign"),
    (2, "Sequence step"),
    (3, "Confirmation"),
    (4, "Answer to a question"),
    (5, "Appointment"),
    (6, "Staff"),
    (7, "Invitation of a colleague"),
    (8, "Test mail"),
]


class Migration(migrations.Migration):
    """Relays in trouble, and what was answered last to each campaign's and sequence's mails."""

    dependencies = [("newsletter", "0004_standing")]

    operations = [
        migrations.CreateModel(
            name="Breaker",
            fields=[
                ("relay", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField()),
                ("why", models.CharField(blank=True, max_length=200)),
                ("opened_at", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("probe_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PolicyWatch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.PositiveSmallIntegerField(choices=KINDS)),
                ("owner_id", models.BigIntegerField()),
                ("answers", models.CharField(max_length=50)),
                ("words", models.CharField(blank=True, max_length=200)),
                ("stopped_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "owner_id"), name="newsletter_policywatch_once"),
                ],
            },
        ),
    ]
