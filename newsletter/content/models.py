"""What we say: editable emails and how they came about, and the frozen revisions that are really mailed."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class EmailKind(models.TextChoices):
    CAMPAIGN = "campaign", _("Campaign")
    STEP = "step", _("Sequence step")
    TRANSACTIONAL = "transactional", _("Transactional")
    PRESET = "preset", _("Preset")


class Topic(models.TextChoices):
    """What a lead can decline on the preferences page."""

    COURSE = "course", _("The sciatica course")
    NEWSLETTER = "newsletter", _("Clinic news")


LONGEST_DRAFTED_LINE = 500
"""A line that is too long to be mailed can be kept, so that somebody can shorten it."""


class EmailTemplate(models.Model):
    """An email as staff edit it. `body` is a versioned block document (see `content.blocks`).

    `version` rises with every save that changed something: whoever saves says which one they had before them.
    """

    key = models.SlugField(max_length=60, null=True, blank=True, unique=True)
    kind = models.CharField(max_length=20, choices=EmailKind)
    topic = models.CharField(max_length=20, choices=Topic, blank=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(max_length=10, default="en")
    subject = models.CharField(_("subject"), max_length=LONGEST_DRAFTED_LINE, blank=True)
    preheader = models.CharField(_("preheader"), max_length=LONGEST_DRAFTED_LINE, blank=True)
    body = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.name


class EmailRevision(models.Model):
    """What an email said at one of its versions. What one person saves within ten minutes of `began_at` is one row.

    One that is kept stays as it is: it went out, was signed, was restored, or is how the email began.
    """

    email = models.ForeignKey(EmailTemplate, on_delete=models.PROTECT, related_name="revisions")
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=LONGEST_DRAFTED_LINE, blank=True)
    preheader = models.CharField(max_length=LONGEST_DRAFTED_LINE, blank=True)
    body = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    is_kept = models.BooleanField(default=False)
    restored_from = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email", "version"], name="newsletter_emailrevision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.email_id} v{self.version}"


class SignOff(models.Model):
    """Somebody put their name under the words of one version. Appended, never changed."""

    email = models.ForeignKey(EmailTemplate, on_delete=models.PROTECT, related_name="sign_offs")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.email_id} v{self.version}: {self.name}"


class Presence(models.Model):
    """Somebody has an email open; when they were last heard of."""

    email = models.ForeignKey(EmailTemplate, on_delete=models.CASCADE, related_name="+")
    who = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email", "who"], name="newsletter_presence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.who_id} in {self.email_id}"


class SavedBlock(models.Model):
    """A block that staff named, to be put into other emails. An email gets a copy: it does not change with this."""

    name = models.CharField(max_length=80)
    block = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="newsletter_savedblock_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Override(models.Model):
    """Words that a claims rule forbids, allowed in one sentence of one email for a reason; see `content.overrides`."""

    email = models.ForeignKey(EmailTemplate, on_delete=models.CASCADE, related_name="overrides")
    key = models.CharField(max_length=32)
    rule = models.CharField(max_length=40)
    words = models.TextField()
    sentence = models.TextField()
    where = models.CharField(max_length=120, blank=True)
    reason = models.TextField(max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email", "key"],
                name="newsletter_override_once",
                condition=models.Q(taken_back_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} in {self.email_id}"


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
    number is its place in the array. `conditions` are those of its blocks that are shown only to some, by number.
    Rows are never changed, but for `version`: the email's version that these words were last frozen from.
    """

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    preheader = models.CharField(max_length=300, blank=True)
    html = models.TextField()
    text = models.TextField()
    links = models.JSONField(default=list)
    conditions = models.JSONField(default=list)
    sender = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    compiled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "number"], name="newsletter_revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} r{self.number}"
