from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0017_logo_in_the_library")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="reviewed_audience",
            field=models.CharField(blank=True, max_length=12),
        ),
    ]
