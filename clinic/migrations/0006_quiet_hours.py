import datetime as dt

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0005_public_holidays"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="writes_from",
            field=models.TimeField(default=dt.time(8, 0), verbose_name="mail from"),
        ),
        migrations.AddField(
            model_name="clinic",
            name="writes_until",
            field=models.TimeField(default=dt.time(20, 0), verbose_name="mail until"),
        ),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(("writes_until__gt", models.F("writes_from"))), name="clinic_writes_at_some_time"
            ),
        ),
    ]
