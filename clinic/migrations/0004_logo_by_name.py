from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_cap"),
        ("newsletter", "0017_logo_in_the_library"),
    ]

    operations = [
        migrations.RemoveField("clinic", "logo_bytes"),
        migrations.RemoveField("clinic", "logo_type"),
    ]
