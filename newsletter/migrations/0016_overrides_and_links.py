"""Words that a rule forbids and somebody allowed, with the reason; what is known of the links that mails lead to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0015_campaign_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LinkCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=500, unique=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("pending", "not looked at yet"),
                            ("alive", "answers"),
                            ("unclear", "could not be checked"),
                            ("dead", "dead"),
                        ],
                        default="pending",
                        max_length=7,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="newsletter_link_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=32)),
                ("rule", models.CharField(max_length=40)),
                ("words", models.TextField()),
                ("sentence", models.TextField()),
                ("where", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField(max_length=500)),
                ("at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "email",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="overrides",
                        to="newsletter.emailtemplate",
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("taken_back_at__isnull", True)),
                        fields=("email", "key"),
                        name="newsletter_override_once",
                    )
                ],
            },
        ),
    ]
