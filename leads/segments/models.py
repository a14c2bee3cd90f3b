"""Segment: conditions with a name, standing for whoever fits them at the moment of asking."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Match(models.TextChoices):
    ALL = "all", _("all of these")
    ANY = "any", _("at least one of these")


class Segment(models.Model):
    """`conditions` is a JSON array of {"name": str, "value": str, "not": bool} (see `segments.registry`)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    conditions = models.JSONField(default=list)
    match = models.CharField(max_length=3, choices=Match, default=Match.ALL)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="leads_segment_says_something", condition=~models.Q(conditions=[])),
        ]

    def __str__(self) -> str:
        return self.name
