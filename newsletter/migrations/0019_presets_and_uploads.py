from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0018_reviewed_audience"),
    ]

    operations = [
        migrations.AlterField(
            model_name="emailtemplate",
            name="kind",
            field=models.CharField(
                choices=[
                    ("campaign", "Campaign"),
                    ("step", "Sequence step"),
                    ("transactional", "Transactional"),
                    ("preset", "Preset"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="picture",
            name="source_digest",
            field=models.CharField(db_index=True, max_length=64),
        ),
    ]
