import hashlib
import io

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import migrations
from PIL import Image

ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}


def move(apps, schema_editor):
    """The logo, so far in the clinic's row, becomes a picture of the library; one that cannot be read is given up."""
    clinics, pictures = apps.get_model("clinic", "Clinic").objects, apps.get_model("newsletter", "Picture").objects
    clinic = clinics.filter(id=1).first()
    content = bytes(clinic.logo_bytes or b"") if clinic else b""
    try:
        size = Image.open(io.BytesIO(content), formats=("PNG", "JPEG")).size
    except (OSError, SyntaxError, ValueError):
        return
    digest = hashlib.sha256(content).hexdigest()
    name = f"{digest[:24]}.{ENDINGS[clinic.logo_type]}"
    if not storages["pictures"].exists(name):
        storages["pictures"].save(name, ContentFile(content))
    pictures.get_or_create(
        name=name,
        defaults={
            "label": "Logo",
            "alt": clinic.name,
            "width": size[0],
            "height": size[1],
            "size": len(content),
            "source_digest": digest,
        },
    )
    clinic.logo = f"p/{name}"
    clinic.save(update_fields=["logo"])


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0002_brand"),
        ("newsletter", "0016_overrides_and_links"),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
