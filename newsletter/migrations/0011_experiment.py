import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """A/B: two wordings of one campaign, tried on a part of its audience."""

    dependencies = [
        ("newsletter", "0010_pictures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("subject", "Subject"),
                            ("preheader", "Preheader"),
                            ("sender", "Sender name"),
                            ("body", "The whole mail"),
                        ],
                        default="subject",
                        max_length=9,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=150)),
                (
                    "share",
                    models.PositiveSmallIntegerField(
                        default=20,
                        validators=[
                            django.core.validators.MinValueValidator(10),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "wait_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(168),
                        ],
                    ),
                ),
                (
                    "judged_by",
                    models.CharField(
                        choices=[("clicks", "People who clicked"), ("bookings", "Bookings credited to it")],
                        default="clicks",
                        max_length=8,
                    ),
                ),
                ("otherwise", models.CharField(choices=[("a", "A"), ("b", "B")], default="a", max_length=1)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Being set up"), ("testing", "Under test"), ("decided", "Decided")],
                        default="draft",
                        max_length=7,
                    ),
                ),
                ("planned_a", models.PositiveIntegerField(default=0)),
                ("planned_b", models.PositiveIntegerField(default=0)),
                ("planned_rest", models.PositiveIntegerField(default=0)),
                ("tested_at", models.DateTimeField(blank=True, null=True)),
                ("winner", models.CharField(blank=True, choices=[("a", "A"), ("b", "B")], max_length=1)),
                (
                    "grounds",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("clear", "It was clearly better"),
                            ("too_few", "Too few to tell"),
                            ("staff", "Chosen by a person"),
                        ],
                        max_length=7,
                    ),
                ),
                ("evidence", models.JSONField(blank=True, default=dict)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="experiment",
                        to="newsletter.campaign",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "other_email",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="experiment",
                        to="newsletter.emailtemplate",
                    ),
                ),
                (
                    "variant_b",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="newsletter.variant",
                    ),
                ),
                (
                    "variant_rest",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="newsletter.variant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "testing")),
                        fields=["state"],
                        name="newsletter_experiment_testing",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("share__range", (10, 100))), name="newsletter_experiment_share"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wait_hours__range", (1, 168))), name="newsletter_experiment_wait"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", False), ("state", "decided"), ("winner__in", ["a", "b"])),
                            models.Q(
                                models.Q(("state", "decided"), _negated=True),
                                ("decided_at__isnull", True),
                                ("winner", ""),
                            ),
                            _connector="OR",
                        ),
                        name="newsletter_experiment_decided",
                    ),
                ],
            },
        ),
    ]
