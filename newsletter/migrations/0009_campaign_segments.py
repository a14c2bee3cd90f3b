from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0002_segment"),
        ("newsletter", "0008_campaign_flow"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="included",
            field=models.ManyToManyField(blank=True, related_name="campaigns", to="leads.segment"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="excluded",
            field=models.ManyToManyField(blank=True, related_name="campaigns_without", to="leads.segment"),
        ),
    ]
