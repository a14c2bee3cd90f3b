from django.db import migrations, models


class Migration(migrations.Migration):
    """What was cancelled while it was being handed over."""

    dependencies = [("newsletter", "0002_storage")]

    operations = [
        migrations.CreateModel(
            name="Recall",
            fields=[
                ("delivery_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("reason", models.CharField(blank=True, max_length=200)),
            ],
        ),
    ]
