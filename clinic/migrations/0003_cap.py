import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """How many marketing mails a person gets at most, and in how many days."""

    dependencies = [
        ("clinic", "0002_brand"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="cap_mails",
            field=models.PositiveSmallIntegerField(
                default=4,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(60),
                ],
                verbose_name="at most so many marketing mails a person",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="cap_days",
            field=models.PositiveSmallIntegerField(
                default=7,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(60),
                ],
                verbose_name="in so many days",
            ),
        ),
    ]
