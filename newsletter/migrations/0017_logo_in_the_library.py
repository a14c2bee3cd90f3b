import hashlib
import io

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import migrations
from PIL import Image

ENDINGS = {"PNG": "png", "JPEG": "jpg"}
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def move(apps, schema_editor):
    """The logo, so far in the clinic's row, becomes a picture of the library; one that cannot be read is given up."""
    clinics, pictures = apps.get_model("clinic", "Clinic").objects, apps.get_model("newsletter", "Picture").objects
    clinic = clinics.filter(id=1).first()
    content = bytes(clinic.logo_bytes or b"") if clinic else b""
    try:
        with Image.open(io.BytesIO(content), formats=tuple(ENDINGS)) as found:
            size, ending = found.size, ENDINGS.get(found.format, "jpg")
    except UNREADABLE:
        return
    digest = hashlib.sha256(content).hexdigest()
    picture = pictures.filter(source_digest=digest).first()
    if picture is None:
        picture = pictures.create(
            name=_kept(f"{digest[:24]}.{ending}", content),
            label="Logo",
            alt=clinic.name,
            width=size[0],
            height=size[1],
            size=len(content),
            source_digest=digest,
        )
    clinic.logo = f"p/{picture.name}"
    clinic.save(update_fields=["logo"])


def _kept(name, content):
    if not storages["pictures"].exists(name):
        storages["pictures"].save(name, ContentFile(content))
    return name


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0002_brand"),
        ("newsletter", "0016_overrides_and_links"),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
