from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0004_logo_by_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="public_holidays",
            field=models.CharField(blank=True, max_length=10, verbose_name="public holidays"),
        ),
    ]
