from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0004_lead_merged"),
    ]

    operations = [
        migrations.AddField(
            model_name="inquiry",
            name="answers",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="inquiry",
            name="heard_as",
            field=models.BinaryField(max_length=16, null=True, unique=True),
        ),
    ]
