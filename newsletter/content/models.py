"""What we say: editable emails, and the frozen revisions that are really mailed."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EmailKind(models.TextChoices):
    CAMPAIGN = "campaign", _("Campaign")
    STEP = "step", _("Sequence step")
    TRANSACTIONAL = "transactional", _("Transactional")


class Topic(models.TextChoices):
    """What a lead can decline on the preferences page."""

    COURSE = "course", _("The sciatica course")
    NEWSLETTER = "newsletter", _("Clinic news")


class EmailTemplate(models.Model):
    """An email as staff edit it. `body` is a versioned block document (see `content.blocks`)."""

    key = models.SlugField(max_length=60, null=True, blank=True, unique=True)
    kind = models.CharField(max_length=20, choices=EmailKind)
    topic = models.CharField(max_length=20, choices=Topic, blank=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    preheader = models.CharField(_("preheader"), max_length=150, blank=True)
    body = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What a delivery points to. Its current revision is what goes out from now on."""

    email = models.ForeignKey(EmailTemplate, on_delete=models.PROTECT, related_name="variants")
    label = models.CharField(max_length=20, default="A")
    current = models.ForeignKey("newsletter.CompiledEmail", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email", "label"], name="newsletter_variant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.email_id}{self.label}"


class CompiledEmail(models.Model):
    """A frozen revision: inlined HTML and text with slot marks, and its numbered link targets.

    `links` is a JSON array of {"url": str, "label": str, "goal": "call"|"direct"|"ask"|"page"}; a link's
    number is its place in the array. Rows are never changed.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    preheader = models.CharField(max_length=300, blank=True)
    html = models.TextField()
    text = models.TextField()
    links = models.JSONField(default=list)
    sender = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    compiled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "number"], name="newsletter_revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} r{self.number}"
