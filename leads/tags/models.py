"""Tags: words that staff and forms put on leads."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from leads.people.models import Lead


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "tag"], name="leads_tagging_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.tag_id}"
