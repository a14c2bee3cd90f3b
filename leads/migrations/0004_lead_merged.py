import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_lead_birthday"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="former_hash",
            field=models.BinaryField(blank=True, max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="lead",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="formers",
                to="leads.lead",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="leads_lead_merged"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("former_hash__isnull", True), ("merged_into__isnull", True)),
                    models.Q(("erased_at__isnull", False), ("merged_into__isnull", False)),
                    _connector="OR",
                ),
                name="leads_lead_merged_is_empty",
            ),
        ),
    ]
