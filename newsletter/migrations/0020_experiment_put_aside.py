from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0019_presets_and_uploads"),
    ]

    operations = [
        migrations.AlterField(
            model_name="experiment",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Being set up"),
                    ("testing", "Under test"),
                    ("decided", "Decided"),
                    ("dropped", "Put aside"),
                ],
                default="draft",
                max_length=7,
            ),
        ),
    ]
