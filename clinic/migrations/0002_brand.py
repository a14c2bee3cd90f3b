import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0001_initial"),
    ]

    operations = [
        migrations.RenameField("clinic", "accent_colour", "brand_colour"),
        migrations.RenameField("clinic", "logo", "logo_bytes"),
        migrations.AddField(
            model_name="clinic",
            name="button_colour",
            field=models.CharField(
                blank=True,
                max_length=7,
                validators=[
                    django.core.validators.RegexValidator(
                        "^#[0-9A-Fa-f]{6}$", "Give the colour as # and six hex digits."
                    )
                ],
                verbose_name="colour of buttons",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="font",
            field=models.CharField(
                choices=[
                    ("house", "Georgia for headings, a plain face for the text"),
                    ("plain", "A plain face throughout, as the reader's device has it"),
                    ("georgia", "Georgia throughout"),
                    ("arial", "Arial throughout"),
                    ("verdana", "Verdana throughout: wide, and easy on the eyes"),
                    ("trebuchet", "Trebuchet throughout"),
                ],
                default="house",
                max_length=20,
                verbose_name="font",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="footer_text",
            field=models.TextField(blank=True, max_length=400, verbose_name="words at the foot"),
        ),
        migrations.AddField(
            model_name="clinic",
            name="logo",
            field=models.CharField(blank=True, max_length=60, verbose_name="logo"),
        ),
        migrations.AddField(
            model_name="clinic",
            name="signature_name",
            field=models.CharField(blank=True, max_length=120, verbose_name="signed by"),
        ),
        migrations.AddField(
            model_name="clinic",
            name="signature_picture",
            field=models.CharField(blank=True, max_length=60, verbose_name="portrait"),
        ),
        migrations.AddField(
            model_name="clinic",
            name="signature_title",
            field=models.CharField(blank=True, max_length=120, verbose_name="signed as"),
        ),
        migrations.AddField(
            model_name="clinic",
            name="social_links",
            field=models.JSONField(blank=True, default=list, verbose_name="elsewhere"),
        ),
        migrations.AlterField(
            model_name="clinic",
            name="brand_colour",
            field=models.CharField(
                default="#17505A",
                max_length=7,
                validators=[
                    django.core.validators.RegexValidator(
                        "^#[0-9A-Fa-f]{6}$", "Give the colour as # and six hex digits."
                    )
                ],
                verbose_name="brand colour",
            ),
        ),
    ]
