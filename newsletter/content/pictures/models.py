"""The library's pictures: what staff uploaded, as it was encoded anew for mail."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

WIDEST_SHOWN = 600


class Picture(models.Model):
    """One picture. `name` is its file and its public address for ever: made of what the file holds.

    `width` and `height` are the file's own pixels; `source_digest` is the SHA-256 of what was uploaded, so that
    the same upload is found again. `alt` is what an image block begins with; each use may say something else.
    """

    name = models.CharField(max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=120)
    alt = models.CharField(_("alternative text"), max_length=300, blank=True)
    is_decorative = models.BooleanField(_("decorative"), default=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    source_digest = models.CharField(max_length=64, db_index=True)
    uploaded_at = models.DateTimeField(default=timezone.now)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.label

    @property
    def reference(self) -> str:
        """How block documents and the clinic's brand name it."""
        return f"p/{self.name}"
