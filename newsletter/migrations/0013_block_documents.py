from django.db import migrations

from newsletter.content import documents


def upgrade(apps, schema_editor):
    """Bring every stored document to the current version; one that is there already is not written."""
    templates = apps.get_model("newsletter", "EmailTemplate").objects
    for template in templates.only("body").iterator():
        upgraded = documents.upgrade(template.body)
        if upgraded != template.body:
            templates.filter(pk=template.pk).update(body=upgraded)


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0012_drafts"),
    ]

    operations = [
        migrations.RunPython(upgrade, migrations.RunPython.noop),
    ]
