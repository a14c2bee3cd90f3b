"""How much has been taken of a day's limit."""

from django.db import models

from newsletter.deliveries.models import Lane


class Allowance(models.Model):
    """What one lane's senders have taken on one of the clinic's days; `domains` is a group's name, or empty for all.

    The lane's first row with anything taken is the day on which its warm-up begins.
    """

    lane = models.CharField(max_length=13, choices=Lane)
    domains = models.CharField(max_length=255, blank=True)
    day = models.DateField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lane", "domains", "day"], name="newsletter_allowance_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lane} {self.domains} {self.day}: {self.taken}"
